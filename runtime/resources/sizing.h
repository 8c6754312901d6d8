// How big a pod's machine is.
//
// With limits, the machine has as many processors as the limits say, rounded up, so that `nproc` shows what was asked
// for (fractions are held by the guest's cgroups), and as much memory as they say and what the guest's kernel and agent
// need besides, so that the workload can use all of its limit. Who has no limit gets the defaults.
// Static management fixes the size at the start; with dynamic management it follows the containers. In both, what is
// known at the start is there at boot: plugging costs more.
#pragma once

#include <cstdint>

#include "hypervisor/vm.h"
#include "runtime/config/config.h"
#include "runtime/config/host_size.h"
#include "runtime/resources/limits.h"

namespace kata::resources {

// `config` is a loaded one: default_vcpus is a number of processors. At least one processor; at most default_maxvcpus
// and default_maxmemory, and what the host has.
hypervisor::MachineSize machine_size(const config::Hypervisor& config, const Demand& demand,
                                     const config::HostSize& host);

// What the machine starts with, and how far it can grow: not at all with static management.
void set_size(hypervisor::VmConfig& vm, const config::Config& config, const Demand& demand,
              const config::HostSize& host);

}  // namespace kata::resources
