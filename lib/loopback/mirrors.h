// Sockets that listen here for what listens on the other side.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/unique_fd.h"
#include "lib/loopback/endpoint.h"
#include "lib/loopback/steering.h"

namespace kata::loopback {

// Empty when somebody has the address here, or when it is not wanted any more.
struct Mirror {
  Endpoint endpoint;
  UniqueFd plain;  // one of these two
  std::optional<Steering> steered;

  int socket() const { return steered ? steered->socket() : plain.get(); }
  bool listens() const { return socket() >= 0; }
  Result<> answer(std::string_view datagram, const sys::InetAddress& client) const;
};

// One thread.
class Mirrors {
 public:
  // The other side's name servers do not take their port from who serves it here (steering.h), as far as the kernel
  // can.
  enum class NameServers { kTakeTheirPort, kLeaveTheirPort };
  explicit Mirrors(NameServers name_servers) : name_servers_(name_servers) {}

  // Makes them what is wanted: those that are gone are closed, new ones and those that failed before are tried. One on
  // all addresses comes before, and then instead of, one on the loopback with the same port.
  void set(const std::vector<Endpoint>& wanted);
  // Tries again what failed.
  void retry();
  // Whether what listens there is ours.
  bool has(const Endpoint& endpoint) const;
  const std::map<Endpoint, std::shared_ptr<Mirror>>& all() const { return mirrors_; }

 private:
  void try_to_listen(Mirror& mirror) const;
  bool listens(const Endpoint& endpoint) const;

  const NameServers name_servers_;
  std::map<Endpoint, std::shared_ptr<Mirror>> mirrors_;
};

}  // namespace kata::loopback
