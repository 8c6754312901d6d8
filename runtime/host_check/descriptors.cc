#include "runtime/host_check/descriptors.h"

#include <linux/capability.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>

#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::host_check {

bool may_raise_limits(std::string_view status) {
  for (auto line : lines_of(status)) {
    if (take(line, ':') != "CapEff") continue;
    auto words = split(line);
    uint64_t bits = 0;
    if (!words.empty()) std::from_chars(words[0].data(), words[0].data() + words[0].size(), bits, 16);
    return (bits >> CAP_SYS_RESOURCE & 1U) != 0;
  }
  return false;
}

uint64_t descriptors_of_daemon() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  uint64_t most = limit.rlim_max;
  if (may_raise_limits(sys::read_file("/proc/thread-self/status").value_or(""))) {
    auto text = sys::read_file("/proc/sys/fs/nr_open").value_or("");
    uint64_t highest = 0;
    std::from_chars(text.data(), text.data() + text.size(), highest);
    most = std::max(most, highest);
  }
  return std::min(most, kWantedDescriptors);
}

}  // namespace kata::host_check
