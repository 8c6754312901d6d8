// Makes a template: boots a machine, waits until its agent has nothing left to do, saves it.
#pragma once

#include <string>

#include "hypervisor/driver.h"
#include "lib/base/result.h"
#include "runtime/factory/template.h"
#include "runtime/machine/machine.h"

namespace kata::factory {

inline constexpr size_t kMostTemplates = 4;  // the oldest go

// Returns where in `base` (the key template_path) the template for `config` is; makes it when there is none, which
// takes about a second more than a boot. `settings`: of the machine that is saved. kUnavailable when somebody else
// holds the lock and `when_busy` says so. What fails leaves nothing.
Result<std::string> make(const std::string& base, const hypervisor::Driver& driver, const hypervisor::VmConfig& config,
                         Machine::Settings settings, WhenBusy when_busy);

}  // namespace kata::factory
