// What the first container's configuration decides for its pod, and what does not change after.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "hypervisor/driver.h"
#include "hypervisor/vm.h"
#include "runtime/accelerator/probe.h"
#include "runtime/config/config.h"
#include "runtime/resources/limits.h"
#include "runtime/sandbox/options.h"
#include "runtime/storage/shared_fs.h"

namespace kata {

struct PodSettings {
  config::Config config;
  const hypervisor::Driver* driver = nullptr;
  accelerator::Choice choice{};
  storage::SharedFs shared_fs = storage::SharedFs::k9p;
  std::optional<hypervisor::VmConfig> clone;  // the machine that goes on from a template; nothing: it boots

  bool cloned() const { return clone.has_value(); }
};

// `file`: the configuration file that the request names; empty: the sandbox's own. What was chosen is logged.
Result<PodSettings> choose_settings(const SandboxOptions& options, const std::string& file,
                                    const std::map<std::string, std::string>& annotations);

// Where the configuration wants it and there is one: `settings` for a machine that goes on from a template.
void choose_template(PodSettings& settings, const resources::Demand& demand, bool debug);

}  // namespace kata
