#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <optional>

#include "agent/guest/modules.h"
#include "agent/guest/wait_for_device.h"
#include "agent/network/convert.h"
#include "agent/network/network.h"
#include "lib/base/concat.h"

namespace kata::agent::network {

namespace {

using netlink::Link;
using netlink::Socket;

// IFF_NOARP is the one flag that a pod's interface carries over (ipvlan L3, for instance).
constexpr uint32_t kCarriedFlags = IFF_NOARP;

Result<std::optional<Link>> find_by_mac(Socket& socket, const std::string& mac) {
  for (auto& link : TRY(netlink::list_links(socket))) {
    if (link.mac == mac && (link.flags & IFF_LOOPBACK) == 0) return std::optional<Link>(std::move(link));
  }
  return std::optional<Link>();
}

Result<Link> wait_by_mac(Socket& socket, const std::string& mac, std::chrono::milliseconds timeout) {
  std::optional<Link> link;
  auto is_there = [&]() -> Result<bool> {
    link = TRY(find_by_mac(socket, mac));
    return link.has_value();
  };
  if (TRY(is_there())) return std::move(*link);
  load_driver("virtio_net");  // not at boot: a sandbox may have no network
  if (TRY(wait_for_device(timeout, is_there))) return std::move(*link);
  return Error::make(Code::kNotFound,
                     concat("no network interface with hardware address ", netlink::format_mac(mac), " in the guest"));
}

// Two interfaces may swap their names: whoever has the wanted one steps aside.
Result<> free_name(Socket& socket, const Link& link, const std::string& name) {
  auto other = netlink::find_link(socket, name);
  if (!other.ok()) return {};
  TRY(netlink::set_link_up(socket, *other, false));
  netlink::LinkChange aside;
  aside.name = concat("kata", link.index, "old", other->index);
  return netlink::change_link(socket, *other, aside);
}

Result<> set_addresses(Socket& socket, const Link& link, const types::Interface& wanted) {
  std::vector<netlink::IpPrefix> prefixes;
  for (const auto& address : wanted.ipaddresses()) prefixes.push_back(TRY(to_prefix(address)));
  for (const auto& old : TRY(netlink::list_addresses(socket, link.index))) {
    bool keep = old.scope == RT_SCOPE_LINK;  // the kernel's own IPv6 address
    for (const auto& prefix : prefixes) keep = keep || prefix == old.prefix;
    if (!keep) TRY(netlink::remove_address(socket, link, old.prefix));
  }
  for (const auto& prefix : prefixes) TRY(netlink::add_address(socket, link, prefix));
  return {};
}

Result<> configure(Socket& socket, Link link, const types::Interface& wanted) {
  netlink::LinkChange change;
  change.mtu = static_cast<uint32_t>(wanted.mtu());
  change.flags = wanted.raw_flags() & kCarriedFlags;
  change.flags_mask = kCarriedFlags;
  if (!wanted.name().empty() && wanted.name() != link.name) {
    TRY(free_name(socket, link, wanted.name()));
    TRY(netlink::set_link_up(socket, link, false));
    change.name = wanted.name();
  }
  TRY(netlink::change_link(socket, link, change));
  if (!change.name.empty()) link.name = change.name;
  TRY(netlink::set_link_up(socket, link, true));
  return set_addresses(socket, link, wanted);
}

types::Interface to_message(const Link& link, const std::vector<netlink::LinkAddress>& addresses) {
  types::Interface message;
  message.set_device(link.name);
  message.set_name(link.name);
  message.set_mtu(link.mtu);
  message.set_hwaddr(netlink::format_mac(link.mac));
  message.set_type(link.kind);
  message.set_raw_flags(link.flags);
  for (const auto& address : addresses) {
    if (address.link_index == link.index) *message.add_ipaddresses() = agent::to_message(address.prefix);
  }
  return message;
}

}  // namespace

Result<> set_loopback_up() {
  auto socket = TRY(Socket::open());
  Link loopback;
  loopback.index = 1;  // in every network namespace
  loopback.name = "lo";
  return netlink::set_link_up(socket, loopback, true);
}

Result<types::Interface> update_interface(const types::Interface& wanted, std::chrono::milliseconds hotplug) {
  auto socket = TRY(Socket::open());
  auto mac = TRY(netlink::parse_mac(wanted.hwaddr()));
  auto link = TRY(wait_by_mac(socket, mac, hotplug));
  TRY(configure(socket, link, wanted));
  auto now = TRY(find_by_mac(socket, mac));
  return to_message(now ? *now : link, TRY(netlink::list_addresses(socket, link.index)));
}

Result<grpc::Interfaces> list_interfaces() {
  auto socket = TRY(Socket::open());
  auto addresses = TRY(netlink::list_addresses(socket));
  grpc::Interfaces all;
  for (const auto& link : TRY(netlink::list_links(socket))) {
    if ((link.flags & IFF_LOOPBACK) == 0) *all.add_interfaces() = to_message(link, addresses);
  }
  return all;
}

Result<std::vector<grpc::NetworkStats>> interface_stats() {
  auto socket = TRY(Socket::open());
  std::vector<grpc::NetworkStats> all;
  for (const auto& link : TRY(netlink::list_links(socket))) {
    if ((link.flags & IFF_LOOPBACK) != 0) continue;
    auto& stats = all.emplace_back();
    stats.set_name(link.name);
    stats.set_rx_bytes(link.stats.rx_bytes);
    stats.set_rx_packets(link.stats.rx_packets);
    stats.set_rx_errors(link.stats.rx_errors);
    stats.set_rx_dropped(link.stats.rx_dropped);
    stats.set_tx_bytes(link.stats.tx_bytes);
    stats.set_tx_packets(link.stats.tx_packets);
    stats.set_tx_errors(link.stats.tx_errors);
    stats.set_tx_dropped(link.stats.tx_dropped);
  }
  return all;
}

}  // namespace kata::agent::network
