// What changes in a network namespace, as it changes: interfaces, addresses, routes, of IPv4 and IPv6.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/netlink/link.h"
#include "lib/netlink/route.h"

namespace kata::netlink {

struct Event {
  enum class Kind { kLink, kAddress, kRoute };
  Kind kind = Kind::kLink;
  bool removed = false;
  int link_index = 0;
  std::string name;  // of a link
};
// The events of one datagram, oldest first; messages of other kinds are left out.
std::vector<Event> parse_events(std::string_view datagram);

// Listens from open() on, in the network namespace of the thread that opens it: look at what is there after it, so
// that nothing is missed. One thread at a time.
class EventSocket {
 public:
  static Result<EventSocket> open();
  // What has been said until now; never waits. `lost`: there was more than the kernel keeps, look at everything.
  struct News {
    std::vector<Event> events;
    bool lost = false;
  };
  Result<News> take();
  int fd() const { return fd_.get(); }  // readable when there is something

 private:
  explicit EventSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace kata::netlink
