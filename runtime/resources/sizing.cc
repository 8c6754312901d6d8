#include "runtime/resources/sizing.h"

#include <algorithm>
#include <cmath>

namespace kata::resources {

namespace {

constexpr uint64_t kMib = 1U << 20U;
// A page's description takes 64 of its 4096 bytes: struct page of Linux on 64-bit machines.
constexpr uint64_t kPagesPerDescribed = 64;
constexpr uint64_t kGranuleMib = 2;  // virtio-mem's

uint32_t most_cpus(const config::Hypervisor& config, const config::HostSize& host) {
  auto most = config.default_maxvcpus == 0 ? host.cpus : std::min(config.default_maxvcpus, host.cpus);
  return std::max(1U, most);
}

uint64_t most_memory(const config::Hypervisor& config, const config::HostSize& host) {
  uint64_t most = UINT64_MAX / kMib;
  if (host.memory_mib > 0) most = host.memory_mib;
  if (config.default_maxmemory > 0) most = std::min(most, config.default_maxmemory);
  return std::max(most, config.default_memory);
}

uint32_t cpus_for(const config::Hypervisor& config, const Demand& demand, const config::HostSize& host) {
  double wanted = demand.cpus > 0 ? demand.cpus + config.overhead_vcpus : 0;
  // Quotas are whole microseconds: the sum of thirds is not a hair more than one.
  constexpr double kRounding = 1e-6;
  auto whole = static_cast<uint32_t>(std::ceil(std::min(wanted, 1e6) - kRounding));
  if (demand.default_cpus) whole += static_cast<uint32_t>(std::ceil(config.default_vcpus));
  return std::clamp(whole, 1U, most_cpus(config, host));
}

uint64_t memory_for(const config::Hypervisor& config, const Demand& demand, const config::HostSize& host) {
  uint64_t wanted = 0;
  if (demand.memory > 0) {
    auto limit = std::min((demand.memory + kMib - 1) / kMib, UINT64_MAX / kMib);
    // Beside a default, the guest has its overhead already.
    if (!demand.default_memory) limit += config.overhead_memory;
    wanted = limit + limit / (kPagesPerDescribed - 1);
  }
  if (demand.default_memory) wanted += config.default_memory;
  wanted = (wanted + kGranuleMib - 1) / kGranuleMib * kGranuleMib;
  return std::min(wanted, most_memory(config, host));
}

}  // namespace

hypervisor::MachineSize machine_size(const config::Hypervisor& config, const Demand& demand,
                                     const config::HostSize& host) {
  return {cpus_for(config, demand, host), memory_for(config, demand, host)};
}

void set_size(hypervisor::VmConfig& vm, const config::Config& config, const Demand& demand,
              const config::HostSize& host) {
  auto size = machine_size(config.hypervisor, demand, host);
  vm.vcpus = vm.max_vcpus = size.vcpus;
  vm.memory_mib = size.memory_mib;
  if (config.runtime.static_sandbox_resource_mgmt) return;
  vm.max_vcpus = std::max(size.vcpus, most_cpus(config.hypervisor, host));
  vm.max_memory_mib = most_memory(config.hypervisor, host);
  vm.virtio_mem = config.hypervisor.enable_virtio_mem;
}

}  // namespace kata::resources
