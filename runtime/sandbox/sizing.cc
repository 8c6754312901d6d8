#include "runtime/sandbox/sizing.h"

#include <sched.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cmath>

namespace kata {

HostSize host_size() {
  HostSize out;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) out.cpus = static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
  struct sysinfo info {};
  if (::sysinfo(&info) == 0) out.memory_mib = (static_cast<uint64_t>(info.totalram) * info.mem_unit) >> 20U;
  return out;
}

namespace {

uint32_t wanted_cpus(const config::Hypervisor& config, const grpc::Spec& spec, const HostSize& host) {
  if (config.default_vcpus < 0) return host.cpus;
  double vcpus = config.default_vcpus == 0 ? 1 : config.default_vcpus;
  const auto& cpu = spec.linux().resources().cpu();
  if (cpu.quota() > 0 && cpu.period() > 0) {
    vcpus += std::ceil(static_cast<double>(cpu.quota()) / static_cast<double>(cpu.period()));
  }
  return static_cast<uint32_t>(std::ceil(std::min(vcpus, 1024.0)));
}

}  // namespace

Size machine_size(const config::Hypervisor& config, const grpc::Spec& spec, const HostSize& host) {
  Size out;
  uint32_t most = config.default_maxvcpus == 0 ? host.cpus : std::min(config.default_maxvcpus, host.cpus);
  out.vcpus = std::clamp(wanted_cpus(config, spec, host), 1U, std::max(1U, most));
  uint64_t limit = 0;
  const auto& memory = spec.linux().resources().memory();
  if (memory.limit() > 0) limit = static_cast<uint64_t>(memory.limit()) >> 20U;
  out.memory_mib = config.default_memory + limit;
  if (host.memory_mib > 0) out.memory_mib = std::min(out.memory_mib, std::max(host.memory_mib, config.default_memory));
  if (config.default_maxmemory > 0) {
    out.memory_mib = std::min(out.memory_mib, std::max(config.default_maxmemory, config.default_memory));
  }
  return out;
}

}  // namespace kata
