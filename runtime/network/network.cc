#include "runtime/network/network.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "runtime/network/describe.h"
#include "runtime/network/first_error.h"
#include "runtime/network/journal_kind.h"

namespace kata::network {

namespace {

const Interface* find(const Picture& picture, int link_index) {
  auto found = std::find_if(picture.interfaces.begin(), picture.interfaces.end(),
                            [&](const Interface& one) { return one.link.index == link_index; });
  return found == picture.interfaces.end() ? nullptr : &*found;
}

// The guest tells its interfaces apart by this alone.
Result<> check_unique(const Interface& interface, const std::string& other_mac, const std::string& other_name) {
  if (netlink::format_mac(interface.link.mac) != other_mac) return {};
  return Error::make(Code::kFailedPrecondition,
                     concat("the pod's interfaces ", other_name, " and ", interface.link.name,
                            " have the same hardware address ", other_mac))
      .hint("use macvlan, whose interfaces have addresses of their own; two ipvlans of one parent share theirs");
}

}  // namespace

Network::Network(netlink::Namespace where, std::string path, Settings settings, journal::Journal& journal,
                 netlink::Socket socket, netlink::EventSocket events, UniqueFd stop)
    : where_(std::move(where)),
      path_(std::move(path)),
      settings_(settings),
      journal_(journal),
      events_(std::move(events)),
      stop_(std::move(stop)),
      socket_(std::move(socket)) {}

Result<std::unique_ptr<Network>> Network::create(netlink::Namespace where, std::string path, Settings settings,
                                                 journal::Journal& journal) {
  std::optional<netlink::EventSocket> events;
  // Before the first look, so that nothing is missed.
  TRY(where.run([&]() -> Result<> {
    events.emplace(TRY(netlink::EventSocket::open()));
    return {};
  }));
  auto socket = TRY(where.socket());
  auto stop = TRY(sys::event_fd());
  return std::unique_ptr<Network>(new Network(std::move(where), std::move(path), settings, journal, std::move(socket),
                                              std::move(*events), std::move(stop)));
}

size_t Network::size() const {
  MutexLock lock(mutex_);
  return plugged_.size();
}

Result<Network::Plugged> Network::attach(const Interface& interface) {
  TRY(check_usable(interface));
  for (const auto& [index, other] : plugged_) {
    TRY(check_unique(interface, other.nic.mac, other.interface.link.name));
  }
  Plugged plugged;
  plugged.interface = interface;
  plugged.opened = opens_to_all_groups(interface, settings_);
  if (!path_.empty()) {
    plugged.journal_entry =
        TRY(record_connection(journal_, path_, where_.inode(), interface.link.index, plugged.opened));
  }
  auto attached = network::attach(where_, interface, next_number_, settings_);
  if (!attached) {
    journal_.strike(plugged.journal_entry);
    return attached.error();
  }
  ++next_number_;
  plugged.nic = std::move(attached->nic);
  plugged.descriptors = std::move(attached->descriptors);
  log::info("network", "connected",
            {{"interface", interface.link.name},
             {"kind", interface.link.kind},
             {"mac", plugged.nic.mac},
             {"queues", concat(plugged.nic.taps.size())},
             {"vhost", plugged.nic.vhost.empty() ? "no" : "yes"}});
  return plugged;
}

void Network::detach(const Plugged& plugged) {
  auto done = plugged.journal_entry != 0 ? journal_.undo(plugged.journal_entry)
                                         : network::detach(socket_, plugged.interface.link.index, plugged.opened);
  if (!done) log::warning("network", "cannot disconnect", {{"error", done.error().text()}});
}

Result<std::vector<hypervisor::Nic>> Network::plug_at_boot() {
  MutexLock lock(mutex_);
  std::vector<hypervisor::Nic> nics;
  for (const auto& interface : TRY_WRAP(scan(socket_), "looking at the pod's network").interfaces) {
    auto plugged = TRY(attach(interface));
    nics.push_back(plugged.nic);
    plugged_.emplace(interface.link.index, std::move(plugged));
  }
  return nics;
}

void Network::booted() {
  MutexLock lock(mutex_);
  for (auto& [index, plugged] : plugged_) plugged.descriptors.clear();
}

Result<> Network::plug(hypervisor::Vm& vm, const Interface& interface) {
  auto plugged = TRY(attach(interface));
  auto attached = vm.attach(plugged.nic);
  if (!attached) {
    detach(plugged);
    return attached.error().wrap(concat("plugging in the pod's interface ", interface.link.name));
  }
  plugged.descriptors.clear();
  plugged_.emplace(interface.link.index, std::move(plugged));
  return {};
}

void Network::unplug(hypervisor::Vm& vm, const Plugged& plugged) {
  log::info("network", "disconnected", {{"interface", plugged.interface.link.name}});
  auto detached = vm.detach(plugged.nic.id);
  if (!detached) {
    log::warning("network", "cannot unplug",
                 {{"interface", plugged.interface.link.name}, {"error", detached.error().text()}});
  }
  detach(plugged);
}

void Network::unplug_missing(hypervisor::Vm& vm, const Picture& picture) {
  auto all_links = netlink::list_links(socket_);
  for (auto one = plugged_.begin(); one != plugged_.end();) {
    const auto* now = find(picture, one->first);
    // One that is only down, or without an address for a moment, stays; a new hardware address is a new card.
    bool there = now != nullptr ? now->link.mac == one->second.interface.link.mac : !all_links.ok();
    if (now == nullptr && all_links) {
      there = std::any_of(all_links->begin(), all_links->end(),
                          [&](const netlink::Link& link) { return link.index == one->first; });
    }
    if (there) {
      ++one;
      continue;
    }
    unplug(vm, one->second);
    one = plugged_.erase(one);
  }
}

Result<> Network::plug_new(hypervisor::Vm& vm, const Picture& picture) {
  Result<> outcome;
  for (const auto& interface : picture.interfaces) {
    auto index = interface.link.index;
    if (plugged_.contains(index)) continue;
    auto described = describe(interface).SerializeAsString();
    auto earlier = failed_.find(index);
    if (earlier != failed_.end() && earlier->second.described == described) {
      keep_first(outcome, earlier->second.error);
      continue;
    }
    failed_.erase(index);
    auto done = plug(vm, interface);
    if (!done) failed_.emplace(index, Failed{std::move(described), done.error()});
    keep_first(outcome, std::move(done));
  }
  return outcome;
}

// Without what belongs to interfaces that the guest does not have. One that is plugged in and down, or without an
// address for a moment, stays.
Picture Network::of_plugged(Picture picture) const {
  std::set<int> indexes;
  for (const auto& [index, plugged] : plugged_) {
    indexes.insert(index);
    if (find(picture, index) != nullptr) continue;
    auto interface = plugged.interface;
    interface.addresses.clear();
    for (const auto& link : picture.links) {
      if (link.index == index) interface.link = link;
    }
    picture.interfaces.push_back(std::move(interface));
  }
  for (auto& interface : picture.interfaces) {
    auto found = plugged_.find(interface.link.index);
    if (found != plugged_.end() && found->second.opened) interface.link.flags &= ~static_cast<uint32_t>(IFF_ALLMULTI);
  }
  return only_of(std::move(picture), indexes);
}

Result<> Network::tell(AgentClient& agent, Picture picture) {
  if (plugged_.empty() && fresh()) return {};
  for (const auto& interface : picture.interfaces) plugged_.at(interface.link.index).interface = interface;
  return teller_.tell(agent, where_, std::move(picture));
}

Result<> Network::update(hypervisor::Vm& vm, AgentClient& agent) {
  MutexLock lock(mutex_);
  auto picture = TRY_WRAP(scan(socket_), "looking at the pod's network");
  unplug_missing(vm, picture);
  auto outcome = plug_new(vm, picture);
  keep_first(outcome, tell(agent, of_plugged(std::move(picture))));
  return outcome;
}

void Network::follow(hypervisor::Vm& vm, AgentClient& agent, const std::function<void()>& changed) {
  std::array<pollfd, 2> fds{{{stop_.get(), POLLIN, 0}, {events_.fd(), POLLIN, 0}}};
  std::string last;
  while (sys::poll(fds, std::chrono::milliseconds(-1)) && fds[0].revents == 0) {
    auto news = events_.take();
    if (!news) {
      log::error("network", "the pod's network is not watched any more", {{"error", news.error().text()}});
      return;
    }
    if (news->events.empty() && !news->lost) continue;
    if (changed) changed();
    auto updated = update(vm, agent);
    if (agent.lost()) return;
    auto text = updated ? std::string() : updated.error().text();
    if (!text.empty() && text != last) log::error("network", "cannot follow the pod's network", {{"error", text}});
    last = text;
  }
}

void Network::stop() { ignore(sys::signal_event(stop_.get())); }

}  // namespace kata::network
