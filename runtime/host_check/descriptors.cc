#include "runtime/host_check/descriptors.h"

#include <linux/capability.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>

#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/user_namespace.h"

namespace kata::host_check {

uint64_t descriptors_of_daemon() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  uint64_t most = limit.rlim_max;
  // The root of a user namespace has the capability too, and it counts for nothing: setrlimit(2).
  bool may_raise = sys::is_host_with_root() && (sys::effective_capabilities() >> CAP_SYS_RESOURCE & 1U) != 0;
  if (may_raise) {
    auto text = sys::read_file("/proc/sys/fs/nr_open").value_or("");
    uint64_t highest = 0;
    std::from_chars(text.data(), text.data() + text.size(), highest);
    most = std::max(most, highest);
  }
  return std::min(most, kWantedDescriptors);
}

}  // namespace kata::host_check
