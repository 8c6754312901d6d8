#include "runtime/config/host_size.h"

#include <sched.h>
#include <sys/sysinfo.h>

#include <algorithm>

namespace kata::config {

HostSize host_size() {
  HostSize out;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) out.cpus = static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
  struct sysinfo info {};
  if (::sysinfo(&info) == 0) out.memory_mib = (static_cast<uint64_t>(info.totalram) * info.mem_unit) >> 20U;
  return out;
}

}  // namespace kata::config
