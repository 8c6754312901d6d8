#include "lib/loopback/mirrors.h"

#include <algorithm>

#include "lib/base/log.h"

namespace kata::loopback {

namespace {

constexpr uint16_t kDnsPort = 53;

// At 127.0.0.1 a server would be in the way of others in one namespace, too.
bool is_name_server(const Endpoint& endpoint) {
  return endpoint.port == kDnsPort && !endpoint.v6 &&
         endpoint.address != Endpoint::loopback(endpoint.transport, false, kDnsPort).address;
}

}  // namespace

Result<> Mirror::answer(std::string_view datagram, const sys::InetAddress& client) const {
  if (steered) return steered->answer(datagram, client);
  return sys::send_to(plain.get(), datagram, client);
}

void Mirrors::try_to_listen(Mirror& mirror) const {
  const auto& where = mirror.endpoint;
  if (name_servers_ == NameServers::kLeaveTheirPort && is_name_server(where)) {
    auto steered = Steering::create(where);
    if (steered) {
      mirror.steered = std::move(*steered);
      return;
    }
    log::debug("loopback", steered.error().message());
  }
  auto bound = sys::inet_bind(where.socket_type(), where.socket_address(), where.text());
  if (bound) mirror.plain = std::move(*bound);
  // Not worth more: it is what two programs of one network namespace get, too.
  if (!bound) log::debug("loopback", bound.error().message());
}

void Mirrors::set(const std::vector<Endpoint>& wanted) {
  std::erase_if(mirrors_, [&](const auto& one) {
    if (std::find(wanted.begin(), wanted.end(), one.first) != wanted.end()) return false;
    one.second->plain.reset();  // whoever still holds it
    one.second->steered.reset();
    return true;
  });
  for (const auto& endpoint : wanted) {
    if (!mirrors_.contains(endpoint)) mirrors_[endpoint] = std::make_shared<Mirror>(Mirror{endpoint, {}, {}});
  }
  retry();
}

void Mirrors::retry() {
  for (auto& [endpoint, mirror] : mirrors_) {
    if (!mirror->listens()) try_to_listen(*mirror);
  }
}

bool Mirrors::listens(const Endpoint& endpoint) const {
  auto found = mirrors_.find(endpoint);
  return found != mirrors_.end() && found->second->listens();
}

bool Mirrors::has(const Endpoint& endpoint) const {
  if (listens(endpoint) || listens(Endpoint::any(endpoint.transport, endpoint.v6, endpoint.port))) return true;
  return std::any_of(mirrors_.begin(), mirrors_.end(),
                     [&](const auto& one) { return one.second->steered && one.second->steered->bound() == endpoint; });
}

}  // namespace kata::loopback
