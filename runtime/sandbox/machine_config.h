// The virtual machine's configuration, as far as the configuration file and what the containers ask for decide it.
#pragma once

#include "hypervisor/vm.h"
#include "runtime/accelerator/probe.h"
#include "runtime/config/config.h"
#include "runtime/machine/machine.h"
#include "runtime/resources/limits.h"
#include "runtime/storage/shared_fs.h"

namespace kata {

// Without a name, a directory, interfaces, and what is shared.
hypervisor::VmConfig machine_config(const config::Config& config, const accelerator::Choice& choice,
                                    const resources::Demand& demand, bool debug);

// How long the agent may take. What else a machine may be told stays at its default.
Machine::Settings machine_settings(const config::Config& config, const accelerator::Choice& choice);

Result<storage::SharedFsChoice> choose_shared_fs(const config::Hypervisor& config);

}  // namespace kata
