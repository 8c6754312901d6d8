// A socket that hears what is sent to an address and port of IPv4, without having them: everybody else may listen
// there, on all addresses too. So a name server at 127.0.0.11 does not take port 53 from a container that serves it, as
// the rules of netfilter do not with which Docker gives it that port under runc.
//
// The kernel's choice of a socket is left to a program (BPF_PROG_TYPE_SK_LOOKUP, Linux 5.9), which ends with this
// object.
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/loopback/endpoint.h"

namespace kata::loopback {

// One thread. Needs CAP_BPF or CAP_SYS_ADMIN, and CAP_NET_ADMIN and CAP_NET_RAW for the network namespace.
class Steering {
 public:
  // In the calling thread's network namespace.
  static Result<Steering> create(const Endpoint& endpoint);

  int socket() const { return socket_.get(); }
  const Endpoint& bound() const { return bound_; }  // where the socket really is
  // Sends a datagram that comes from the endpoint.
  Result<> answer(std::string_view datagram, const sys::InetAddress& client) const;

 private:
  Steering() = default;
  Endpoint endpoint_, bound_;
  UniqueFd socket_, raw_;  // raw: for UDP, as the socket would send from its own port
  UniqueFd map_, program_, link_;
};

}  // namespace kata::loopback
