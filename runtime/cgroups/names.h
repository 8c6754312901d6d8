// What a pod's cgroups are called.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace kata::cgroups {

struct Names {
  std::string sandbox;   // "/kubepods/pod1/kata_<sandbox id>"
  std::string overhead;  // "/kata_overhead/<sandbox id>"
  // With systemd's driver, the units that the two are; else empty.
  bool systemd = false;
  std::string sandbox_unit, sandbox_slice;
  std::string overhead_unit, overhead_slice;
};

// `cgroups_path` is linux.cgroupsPath of the pod's first container: a path, whose last part makes room for
// "kata_<sandbox id>", or "slice:prefix:name" for systemd's driver, which names the unit "prefix-name.scope" as runc
// does. Empty: below /kata_sandboxed_pod, as upstream, or in system.slice with `systemd_by_default`. A path that leaves
// the root is kInvalidArgument. Pure.
Result<Names> names_of(const std::string& cgroups_path, const std::string& sandbox_id, bool systemd_by_default);

// The same pod without systemd: the path that systemd would have made, with our own last part.
Names without_systemd(const Names& names, const std::string& sandbox_id);

// Whether a directory has one of the names above: "kata_…", a scope of systemd's, or a pod's overhead. Pure.
bool is_ours(const std::string& directory);

// Whether it is one of our own that holds the groups of several pods ("…/kata_overhead"): the last pod removes it.
// Pure.
bool is_shared_by_pods(const std::string& directory);

}  // namespace kata::cgroups
