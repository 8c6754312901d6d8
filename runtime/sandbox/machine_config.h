// The configuration of a pod and of its virtual machine: what the configuration file, the annotations and the limits of
// the containers decide.
#pragma once

#include <map>
#include <string>

#include "hypervisor/vm.h"
#include "lib/proto/agent.pb.h"
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

// SELinux's context for the machine and virtio-fs' daemon, on a host that has it `on`: the configuration's or that of
// the pod's first container. Empty: the one that they have by themselves.
std::string security_context(const config::Hypervisor& config, const grpc::Spec& spec, bool on);

// How long the agent may take. What else a machine may be told stays at its default.
Machine::Settings machine_settings(const config::Config& config, const accelerator::Choice& choice);

}  // namespace kata
