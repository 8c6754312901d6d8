#include "agent/guest/clock.h"

#include <array>
#include <ctime>

#include "lib/base/concat.h"

namespace kata::agent {

namespace {

struct Phase {
  const char* name;
  uint64_t at;
};
std::array<Phase, 16> marked{};
std::atomic<size_t> marked_count{0};

}  // namespace

uint64_t boot_time_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  constexpr uint64_t kSecond = 1'000'000'000;
  return static_cast<uint64_t>(now.tv_sec) * kSecond + static_cast<uint64_t>(now.tv_nsec);
}

StartTimes& start_times() {
  static StartTimes times;
  return times;
}

void mark_phase(const char* ended) {
  auto index = marked_count.load();
  if (index == marked.size()) return;
  marked[index] = {ended, boot_time_ns()};
  marked_count = index + 1;
}

std::string phases() {
  constexpr uint64_t kMicrosecond = 1000;
  std::string text;
  for (size_t i = 0; i < marked_count; ++i) {
    auto us = (marked[i].at - start_times().start) / kMicrosecond;
    auto fraction = std::to_string(us % 1000);
    text += concat(text.empty() ? "" : " ", marked[i].name, "=", us / 1000, ".", std::string(3 - fraction.size(), '0'),
                   fraction);
  }
  return text;
}

}  // namespace kata::agent
