// The kernel's device events: what appeared in /sys, as it appears.
// Documentation: lib/kobject_uevent.c in the kernel; a message is "add@/devices/…" and KEY=value strings.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::netlink {

struct Uevent {
  std::string action;   // "add", "remove", "change", …
  std::string devpath;  // below /sys
  std::map<std::string, std::string, std::less<>> variables;
};

// Nothing for a message that is not an event of the kernel's (udevd repeats them in a format of its own).
std::optional<Uevent> parse_uevent(std::string_view message);

// Listens from open() on: look at /sys after it, so that nothing is missed. One thread at a time.
class UeventSocket {
 public:
  static Result<UeventSocket> open();
  // Nothing when the time is over. A negative time-out waits for ever.
  Result<std::optional<Uevent>> next(std::chrono::milliseconds timeout);
  int fd() const { return fd_.get(); }  // to poll beside others

 private:
  explicit UeventSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace kata::netlink
