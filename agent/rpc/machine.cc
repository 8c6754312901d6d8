#include "agent/rpc/machine.h"

#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "lib/base/concat.h"
#include "lib/netlink/uevent.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent::machine {

namespace {

// The `online` files of the devices "<prefix><number>" that hold 0.
std::vector<std::string> offline_files(const std::string& directory, std::string_view prefix) {
  std::vector<std::string> files;
  auto names = sys::list_directory(directory);
  if (!names.ok()) return files;
  for (const auto& name : *names) {
    bool numbered =
        name.starts_with(prefix) && name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
    if (!numbered || name.size() == prefix.size()) continue;
    auto file = concat(directory, "/", name, "/online");
    auto state = sys::read_file(file);
    if (state.ok() && state->starts_with('0')) files.push_back(file);
  }
  return files;
}

void online_all(const std::string& directory, std::string_view prefix) {
  for (const auto& file : offline_files(directory, prefix)) {
    ignore(sys::write_control(file, "1"));  // it may be gone again, or come up by itself; who waits counts
  }
}

// "0-3,5" is five.
uint32_t count_list(std::string_view list) {
  uint32_t count = 0;
  while (!list.empty() && list.front() != '\n') {
    auto part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    uint32_t first = 0;
    const char* end = part.data() + part.size();
    auto [next, error] = std::from_chars(part.data(), end, first);
    uint32_t last = first;
    if (error == std::errc{} && next != end && *next == '-') (void)std::from_chars(next + 1, end, last);
    count += last - first + 1;
  }
  return count;
}

uint32_t online_cpus(const std::string& sys) {
  auto list = sys::read_file(sys + "/devices/system/cpu/online");
  return list.ok() ? count_list(*list) : 0;
}

}  // namespace

Result<> set_online(const std::string& sys, uint32_t cpus, bool cpus_only, std::chrono::milliseconds timeout) {
  auto events = TRY(netlink::UeventSocket::open());
  auto deadline = std::chrono::steady_clock::now() + timeout;
  if (!cpus_only) online_all(sys + "/devices/system/memory", "memory");
  for (;;) {
    online_all(sys + "/devices/system/cpu", "cpu");
    auto count = online_cpus(sys);
    if (count >= cpus) return {};
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !TRY(events.next(left))) {
      return Error::make(Code::kDeadlineExceeded, concat("only ", count, " of ", cpus, " CPUs came online"));
    }
  }
}

Result<> reseed_random(std::string_view data) {
  auto random = TRY(sys::open("/dev/random", O_WRONLY));
  TRY(sys::write_all(random.get(), data));
  // Makes the kernel use it now, rather than within the next minute: two clones of a machine must differ.
  if (::ioctl(random.get(), RNDRESEEDCRNG) != 0) return Error::sys(errno, "reseed the random number generator");
  return {};
}

Result<> set_clock(int64_t seconds, int64_t microseconds) {
  timeval now{seconds, microseconds};
  if (::settimeofday(&now, nullptr) != 0) return Error::sys(errno, "set the clock");
  return {};
}

uint64_t memory_block_bytes(const std::string& sys) {
  auto text = sys::read_file(sys + "/devices/system/memory/block_size_bytes");
  uint64_t bytes = 0;
  if (text.ok()) (void)std::from_chars(text->data(), text->data() + text->size(), bytes, 16);
  return bytes;
}

bool has_memory_probe(const std::string& sys) { return sys::exists(sys + "/devices/system/memory/probe"); }

}  // namespace kata::agent::machine
