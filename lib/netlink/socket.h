// A connection to the kernel's routing netlink, in the network namespace of the thread that opens it.
#pragma once

#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/netlink/message.h"

namespace kata::netlink {

// One thread at a time.
class Socket {
 public:
  static Result<Socket> open();

  // Sends and waits for the acknowledgement. `doing` names the change in an error: "add address 10.0.0.2/24 to eth0".
  Result<> change(const Request& request, std::string_view doing);
  // Sends a dump request (NLM_F_DUMP in its flags) and collects every answer.
  Result<std::vector<Message>> dump(const Request& request, std::string_view doing);

 private:
  explicit Socket(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<> send(const Request& request, std::string_view doing);
  // Appends one datagram's messages; true when the answer is complete.
  Result<bool> receive(std::vector<Message>& out, std::string_view doing);

  UniqueFd fd_;
  uint32_t sequence_ = 0;
};

}  // namespace kata::netlink
