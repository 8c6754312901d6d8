// Makes a template: boots a machine, waits until its agent has nothing left to do, saves it.
#pragma once

#include <chrono>
#include <string>

#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "runtime/factory/template.h"

namespace kata::factory {

inline constexpr size_t kMostTemplates = 4;  // the oldest go

struct Settings {
  std::string base;  // the key template_path
  int timeout_factor = 1;
  std::chrono::seconds dial_timeout{45};
};

// Returns where the template for `config` is; makes it when there is none. Takes about a second more than a boot.
// kUnavailable when somebody else holds the lock and `when_busy` says so. What fails leaves nothing.
Result<std::string> make(const hypervisor::VmConfig& config, const Settings& settings, WhenBusy when_busy);

}  // namespace kata::factory
