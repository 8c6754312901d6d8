#include "runtime/network/attach.h"

#include <net/if.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/netlink/tap.h"
#include "lib/netlink/traffic.h"
#include "lib/sys/vhost.h"

namespace kata::network {

namespace {

using netlink::Link;
using netlink::Socket;
using netlink::Tap;

// A macvtap on a macvlan would be one on the macvlan's parent, and none fits on an ipvlan.
bool takes_macvtap(const Link& link) {
  return link.kind != "macvlan" && link.kind != "ipvlan" && link.kind != "macvtap";
}

Result<std::vector<UniqueFd>> open_vhost(size_t count) {
  std::vector<UniqueFd> out;
  for (size_t i = 0; i < count; ++i) out.push_back(TRY(sys::open_vhost_net()));
  return out;
}

// Those that hand everything on that arrives.
bool filters_groups(const Link& link) {
  return link.kind != "veth" && link.kind != "tun" && link.kind != "dummy" && link.kind != "netkit";
}

Result<> let_all_groups_in(Socket& socket, const Link& link, bool in) {
  netlink::LinkChange change;
  change.flags_mask = IFF_ALLMULTI;
  change.flags = in ? IFF_ALLMULTI : 0;
  return netlink::change_link(socket, link, change);
}

Result<> prepare_tap(Socket& socket, const Tap& tap, const Link& like) {
  ignore(netlink::silence_ipv6(socket, tap.link));  // there may be no IPv6 here
  netlink::LinkChange change;
  change.mtu = like.mtu;
  TRY(netlink::change_link(socket, tap.link, change));
  return netlink::set_link_up(socket, tap.link, true);
}

Result<> redirect_both_ways(Socket& socket, const Tap& tap, const Interface& interface, const Settings& settings) {
  auto tagged = interface.carries_vlans ? netlink::Tagged::kLeave : netlink::Tagged::kRedirect;
  TRY(netlink::redirect(socket, interface.link, tap.link, tagged));
  TRY(netlink::redirect(socket, tap.link, interface.link));
  // What leaves by the tap is what the guest receives.
  if (settings.rx_rate > 0) TRY(netlink::limit_rate(socket, tap.link, settings.rx_rate));
  if (settings.tx_rate > 0) TRY(netlink::limit_rate(socket, interface.link, settings.tx_rate));
  return {};
}

Result<Tap> make_tap(const Interface& interface, size_t number, const Settings& settings) {
  auto socket = TRY(Socket::open());
  auto name = settings.tap_on_host ? concat("tap%d", kOurNames) : concat("tap", number, kOurNames);
  auto tap = TRY(netlink::open_tap(socket, name, settings.queues));
  TRY(prepare_tap(socket, tap, interface.link));
  if (settings.model == Model::kTcFilter) TRY(redirect_both_ways(socket, tap, interface, settings));
  if (opens_to_all_groups(interface, settings)) TRY(let_all_groups_in(socket, interface.link, true));
  if (settings.model == Model::kNone && settings.rx_rate > 0) {
    TRY(netlink::limit_rate(socket, tap.link, settings.rx_rate));
  }
  return tap;
}

Result<Tap> make_macvtap(const Interface& interface, size_t number, const Settings& settings) {
  if (settings.rx_rate > 0) {
    return Error::make(Code::kFailedPrecondition, "rx_rate_limiter_max_rate has no effect with a macvtap")
        .hint("set internetworking_model = \"tcfilter\", or no limit");
  }
  auto socket = TRY(Socket::open());
  auto name = concat("macvtap", number, kOurNames);
  TRY(netlink::add_macvtap(socket, interface.link, name));
  auto link = TRY(netlink::find_link(socket, name));
  ignore(netlink::silence_ipv6(socket, link));
  TRY(let_all_groups_in(socket, link, true));
  TRY(netlink::set_link_up(socket, link, true));
  if (settings.tx_rate > 0) TRY(netlink::limit_rate(socket, interface.link, settings.tx_rate));
  return netlink::open_macvtap(socket, name, settings.queues);
}

Result<Tap> make(const Interface& interface, size_t number, const Settings& settings) {
  if (settings.model == Model::kMacvtap && takes_macvtap(interface.link)) {
    return make_macvtap(interface, number, settings);
  }
  auto used = settings;
  if (settings.model == Model::kMacvtap) {
    log::info("network", "no macvtap fits on this kind of interface; using tcfilter",
              {{"interface", interface.link.name}, {"kind", interface.link.kind}});
    used.model = Model::kTcFilter;
  }
  return make_tap(interface, number, used);
}

void add_vhost(Attached& attached, size_t count) {
  auto vhost = open_vhost(count);
  if (!vhost) {
    log::debug("network", "no vhost", {{"why", vhost.error().message()}});
    return;
  }
  for (auto& fd : *vhost) {
    attached.nic.vhost.push_back(fd.get());
    attached.descriptors.push_back(std::move(fd));
  }
}

}  // namespace

bool opens_to_all_groups(const Interface& interface, const Settings& settings) {
  const auto& link = interface.link;
  if (settings.model == Model::kNone || (link.flags & IFF_ALLMULTI) != 0) return false;
  return filters_groups(link) && (settings.model == Model::kTcFilter || !takes_macvtap(link));
}

Result<Attached> attach(const netlink::Namespace& where, const Interface& interface, size_t number,
                        const Settings& settings) {
  auto doing = concat("connecting the pod's interface ", interface.link.name);
  TRY(check_usable(interface));
  Tap tap;
  auto work = [&]() -> Result<> {
    tap = TRY(make(interface, number, settings));
    return {};
  };
  auto made = settings.tap_on_host ? work() : where.run(work);
  if (!made) {
    tap.queues.clear();
    if (auto socket = where.socket())
      ignore(detach(*socket, interface.link.index, opens_to_all_groups(interface, settings)));
    return made.error().wrap(doing);
  }
  Attached attached;
  attached.nic.id = concat("net", number);
  attached.nic.mac = netlink::format_mac(interface.link.mac);
  for (auto& fd : tap.queues) {
    attached.nic.taps.push_back(fd.get());
    attached.descriptors.push_back(std::move(fd));
  }
  if (settings.vhost) add_vhost(attached, attached.nic.taps.size());
  return attached;
}

Result<> detach(netlink::Socket& socket, int link_index, bool opened) {
  TRY(netlink::remove_traffic(socket, link_index));
  if (opened) {
    Link link;
    link.index = link_index;
    auto closed = let_all_groups_in(socket, link, false);
    if (!closed && !closed.error().is_errno(ENODEV)) return closed;
  }
  return netlink::remove_macvtaps(socket, link_index, kOurNames);
}

}  // namespace kata::network
