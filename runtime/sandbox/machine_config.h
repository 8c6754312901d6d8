// The configuration of a pod and of its virtual machine: what the configuration file, the annotations and the limits of
// the containers decide.
#pragma once

#include <map>
#include <string>

#include "hypervisor/vm.h"
#include "runtime/accelerator/probe.h"
#include "runtime/config/config.h"
#include "runtime/machine/machine.h"
#include "runtime/resources/limits.h"

namespace kata {

// The configuration file (empty: the default search) with the annotations of the pod's first container. What is ignored
// of either is logged, also when there is an error. With `[runtime] enable_debug` this process logs at level debug from
// then on.
Result<config::Config> load_pod_config(const std::string& file, const std::map<std::string, std::string>& annotations);

// The machine's part of it. Without a name, a directory, interfaces, and what is shared.
hypervisor::VmConfig machine_config(const config::Config& config, const accelerator::Choice& choice,
                                    const resources::Demand& demand, bool debug);

// How long the agent may take. What else a machine may be told stays at its default.
Machine::Settings machine_settings(const config::Config& config, const accelerator::Choice& choice);

}  // namespace kata
