#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "agent/network/convert.h"
#include "agent/network/link.h"
#include "agent/network/network.h"
#include "lib/base/concat.h"

namespace kata::agent::network {

namespace {

using netlink::Link;
using netlink::Socket;

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

types::Interface interface_message(const Link& link, const std::vector<netlink::LinkAddress>& addresses) {
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
  auto link = TRY(configure_link(socket, wanted, Told::kUpstreams, hotplug));
  TRY(netlink::set_link_up(socket, link, true));
  TRY(set_addresses(socket, link, wanted));
  auto now = TRY(find_by_mac(socket, link.mac));
  return interface_message(now ? *now : link, TRY(netlink::list_addresses(socket, link.index)));
}

Result<grpc::Interfaces> list_interfaces() {
  auto socket = TRY(Socket::open());
  auto addresses = TRY(netlink::list_addresses(socket));
  grpc::Interfaces all;
  for (const auto& link : TRY(netlink::list_links(socket))) {
    if ((link.flags & IFF_LOOPBACK) == 0) *all.add_interfaces() = interface_message(link, addresses);
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
