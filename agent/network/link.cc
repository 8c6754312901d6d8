#include "agent/network/link.h"

#include <net/if.h>

#include <optional>

#include "agent/guest/modules.h"
#include "agent/guest/wait_for_device.h"
#include "lib/base/concat.h"

namespace kata::agent::network {

using netlink::Link;
using netlink::Socket;

Result<std::optional<Link>> find_by_mac(Socket& socket, const std::string& mac) {
  for (auto& link : TRY(netlink::list_links(socket))) {
    if (link.mac == mac && (link.flags & IFF_LOOPBACK) == 0) return std::optional<Link>(std::move(link));
  }
  return std::optional<Link>();
}

namespace {

// ipvlan in L3 mode, for instance, has no ARP.
constexpr uint32_t kUpstreamsFlags = IFF_NOARP;
constexpr uint32_t kAllFlags = IFF_NOARP | IFF_ALLMULTI | IFF_PROMISC | IFF_MULTICAST;

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

}  // namespace

Result<Link> configure_link(Socket& socket, const types::Interface& wanted, Told told,
                            std::chrono::milliseconds hotplug) {
  auto mac = TRY(netlink::parse_mac(wanted.hwaddr()));
  auto link = TRY(wait_by_mac(socket, mac, hotplug));
  netlink::LinkChange change;
  change.mtu = static_cast<uint32_t>(wanted.mtu());
  change.flags_mask = told == Told::kAll ? kAllFlags : kUpstreamsFlags;
  change.flags = wanted.raw_flags() & change.flags_mask;
  if (told == Told::kAll) {
    // Interfaces without a queue are made by programs; a card needs one.
    if (wanted.tx_queue_length() != 0) change.tx_queue_length = wanted.tx_queue_length();
    change.group = wanted.group();
    change.alias = wanted.alias();
  }
  if (!wanted.name().empty() && wanted.name() != link.name) {
    TRY(free_name(socket, link, wanted.name()));
    TRY(netlink::set_link_up(socket, link, false));
    change.name = wanted.name();
  }
  TRY(netlink::change_link(socket, link, change));
  if (!change.name.empty()) link.name = change.name;
  return link;
}

}  // namespace kata::agent::network
