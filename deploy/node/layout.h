// What a distribution of Kubernetes calls its engine, and where it has that engine's files. For a process whose root
// directory is the node's.
#pragma once

#include <string>
#include <vector>

#include "cli/engines/engine.h"
#include "lib/base/result.h"

namespace kata::deploy {

struct Layout {
  const cli::engines::Engine* engine = nullptr;
  cli::engines::Program program;
  cli::engines::ContainerdPlaces containerd;
  std::vector<std::string> units;  // of systemd: the first one that runs is restarted; none: it sees changes by itself
  std::string socket;              // who answers there is back; empty: nobody to ask
};

// `runtime`: what the node's kubelet says it uses, "cri-o://1.31.0"; empty: what is there decides.
Result<Layout> find_layout(const std::string& distribution, const std::string& runtime);

}  // namespace kata::deploy
