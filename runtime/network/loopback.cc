#include "runtime/network/loopback.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/loopback/listening.h"
#include "lib/sys/file.h"
#include "runtime/network/resolv_conf.h"

namespace kata::network {

namespace {

using loopback::Endpoint;
using loopback::Transport;

constexpr uint16_t kDns = 53;
constexpr size_t kMostOfResolvConf = 64U << 10U;
// What an engine has begun to listen at is news that comes with the network's; that it has ended is not.
constexpr std::chrono::seconds kWhileOffering{10};
constexpr std::chrono::seconds kPatience{10};  // of a start; the guest answers at once

}  // namespace

Result<std::unique_ptr<Loopback>> Loopback::create(const netlink::Namespace& where) {
  std::unique_ptr<Loopback> out(new Loopback(where));
  loopback::Relay::Settings settings;
  settings.side = loopback::Side::kHost;
  settings.while_offering = kWhileOffering;
  settings.look = [self = out.get()] { return self->look(); };
  out->relay_ = TRY(loopback::Relay::create(std::move(settings)));
  return out;
}

void Loopback::resolves_with(const std::string& resolv_conf) {
  MutexLock lock(mutex_);
  resolv_confs_.insert(resolv_conf);
}

Result<std::vector<Endpoint>> Loopback::look() {
  auto listening = TRY(loopback::list_listening());
  std::vector<Endpoint> out;
  add_name_servers(listening, out);
  auto rest = loopback::reachable(listening);
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

// Docker's name server has a port that nobody knows, and rules of netfilter in the pod's namespace lead port 53 there.
// So a name server of a container is taken to be there when anything listens at its address.
void Loopback::add_name_servers(const std::vector<Endpoint>& listening, std::vector<Endpoint>& out) {
  MutexLock lock(mutex_);
  for (const auto& path : resolv_confs_) {
    auto text = sys::read_file(path, kMostOfResolvConf);
    if (!text) continue;  // its container has gone
    for (const auto& address : name_servers(*text)) {
      auto server = Endpoint::parse(Transport::kUdp, address, kDns);
      if (!server || !server->is_loopback()) continue;
      bool there = std::any_of(listening.begin(), listening.end(), [&](const Endpoint& one) {
        return one.v6 == server->v6 && one.address == server->address;
      });
      if (!there) continue;
      for (auto transport : {Transport::kUdp, Transport::kTcp}) {
        out.push_back(*server);
        out.back().transport = transport;
      }
    }
  }
}

void Loopback::carry(AgentClient& agent) {
  auto connection = agent.open_loopback();
  if (!connection) {
    auto level = connection.error().is(Code::kUnimplemented) ? log::Level::kDebug : log::Level::kWarning;
    if (!agent.lost()) {
      log::emit(level, "loopback", "localhost stays the guest's own", {{"error", connection.error().text()}});
    }
    relay_->stop();  // nobody waits for it
    return;
  }
  auto entered = where_.enter();
  auto carried = entered ? relay_->run(std::move(*connection)) : std::move(entered);
  relay_->stop();
  if (carried) return;
  // The machine's end may be heard here first.
  auto level = carried.error().is(Code::kUnavailable) ? log::Level::kDebug : log::Level::kError;
  log::emit(level, "loopback", "localhost is the guest's own from now on", {{"error", carried.error().text()}});
}

void Loopback::update() {
  auto updated = relay_->refresh_and_wait(kPatience);
  if (updated || updated.error().is(Code::kUnavailable)) return;
  log::warning("loopback", updated.error().message());
}

}  // namespace kata::network
