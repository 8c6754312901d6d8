#include "lib/netlink/traffic.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "lib/base/concat.h"

namespace kata::netlink {

namespace {

constexpr uint16_t kPreference = 0xca7a;        // of our redirection; what lets tagged frames pass is one before
constexpr uint16_t kTaggedPreference = 0xca78;  // and one more: a preference has one protocol
constexpr uint32_t kRootHandle = 0xca7a0000;
constexpr uint32_t kIngressHandle = 0xffff0000;
constexpr uint32_t kClsactIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);

bool is_ours(uint16_t preference) { return preference >= kTaggedPreference && preference <= kPreference; }

bool is_absent(const Error& error) {
  return error.is_errno(ENODEV) || error.is_errno(ENOENT) || error.is_errno(EINVAL) || error.is_errno(ENXIO);
}

tcmsg head_of(int link_index, uint32_t parent) {
  tcmsg head{};
  head.tcm_family = AF_UNSPEC;
  head.tcm_ifindex = link_index;
  head.tcm_parent = parent;
  return head;
}

uint32_t filter_info(uint16_t preference, uint16_t protocol) {
  return TC_H_MAKE(static_cast<uint32_t>(preference) << 16U, htons(protocol));
}

template <typename T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::optional<Qdisc> ingress_of(const std::vector<Qdisc>& all) {
  for (const auto& qdisc : all) {
    if (qdisc.kind == "ingress" || qdisc.kind == "clsact") return qdisc;
  }
  return {};
}

uint32_t filters_of(const Qdisc& ingress) { return ingress.kind == "clsact" ? kClsactIngress : kIngressHandle; }

// The place for filters on what arrives.
Result<uint32_t> open_ingress(Socket& socket, const Link& link) {
  if (auto found = ingress_of(TRY(list_qdiscs(socket, link.index)))) return filters_of(*found);
  auto head = head_of(link.index, TC_H_INGRESS);
  head.tcm_handle = kIngressHandle;
  Request request(RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, head);
  request.text(TCA_KIND, "ingress");
  TRY(socket.change(request, concat("add an ingress queue to ", link.name)));
  return kIngressHandle;
}

// A selector with one key, no bit of which matters: it matches everything.
std::string match_all() {
  tc_u32_sel selector{};
  selector.flags = TC_U32_TERMINAL;
  selector.nkeys = 1;
  return std::string(bytes_of(selector)) + std::string(bytes_of(tc_u32_key{}));
}

// A u32 filter that matches all; without a target its frames go on as if it were not there.
Result<> add_filter(Socket& socket, const Link& from, uint32_t parent, uint32_t info, const Link* to) {
  auto head = head_of(from.index, parent);
  head.tcm_info = info;
  Request request(RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, head);
  request.text(TCA_KIND, "u32");
  auto options = request.begin_nest(TCA_OPTIONS);
  auto all = match_all();
  request.attribute(TCA_U32_SEL, std::string_view(all));
  if (to == nullptr) {
    request.attribute(TCA_U32_CLASSID, uint32_t{1});
  } else {
    tc_mirred target{};
    target.action = TC_ACT_STOLEN;
    target.eaction = TCA_EGRESS_REDIR;
    target.ifindex = static_cast<uint32_t>(to->index);
    auto actions = request.begin_nest(TCA_U32_ACT);
    auto first = request.begin_nest(1);
    request.text(TCA_ACT_KIND, "mirred");
    auto parameters = request.begin_nest(TCA_ACT_OPTIONS);
    request.attribute(TCA_MIRRED_PARMS, bytes_of(target));
    request.end_nest(parameters);
    request.end_nest(first);
    request.end_nest(actions);
  }
  request.end_nest(options);
  auto what =
      to == nullptr ? concat("leave tagged frames to ", from.name) : concat("redirect ", from.name, " to ", to->name);
  return socket.change(request, what);
}

Result<> remove_filter(Socket& socket, int link_index, const Filter& filter) {
  auto head = head_of(link_index, filter.parent);
  head.tcm_info = filter_info(filter.preference, filter.protocol);
  auto removed =
      socket.change(Request(RTM_DELTFILTER, NLM_F_ACK, head), concat("remove a filter of interface ", link_index));
  if (!removed && is_absent(removed.error())) return {};
  return removed;
}

Result<> remove_qdisc(Socket& socket, const Qdisc& qdisc) {
  auto head = head_of(qdisc.link_index, qdisc.parent);
  head.tcm_handle = qdisc.handle;
  auto removed = socket.change(Request(RTM_DELQDISC, NLM_F_ACK, head),
                               concat("remove the ", qdisc.kind, " queue of interface ", qdisc.link_index));
  if (!removed && is_absent(removed.error())) return {};
  return removed;
}

Result<> remove_redirections(Socket& socket, const Qdisc& ingress) {
  bool others = false;
  for (const auto& filter : TRY(list_filters(socket, ingress.link_index, filters_of(ingress)))) {
    if (!is_ours(filter.preference)) {
      others = true;
      continue;
    }
    TRY(remove_filter(socket, ingress.link_index, filter));
  }
  // An empty one is what a crash between the queue and its first filter leaves.
  if (ingress.kind == "ingress" && !others) return remove_qdisc(socket, ingress);
  return {};
}

}  // namespace

Result<> redirect(Socket& socket, const Link& from, const Link& to, Tagged tagged) {
  auto parent = TRY(open_ingress(socket, from));
  if (tagged == Tagged::kLeave) {
    TRY(add_filter(socket, from, parent, filter_info(kTaggedPreference, ETH_P_8021Q), nullptr));
    TRY(add_filter(socket, from, parent, filter_info(kTaggedPreference + 1, ETH_P_8021AD), nullptr));
  }
  return add_filter(socket, from, parent, filter_info(kPreference, ETH_P_ALL), &to);
}

Result<> limit_rate(Socket& socket, const Link& link, uint64_t bits_per_second) {
  constexpr uint64_t kBitsPerByte = 8;
  constexpr uint64_t kSmallestBurst = 32U << 10U;  // several full frames; larger packets are split by the kernel
  constexpr uint64_t kLargest = 1U << 30U;
  uint64_t bytes = std::max<uint64_t>(bits_per_second / kBitsPerByte, 1);
  // 10 ms at full speed in one go, and 50 ms more may wait.
  auto burst = static_cast<uint32_t>(std::clamp<uint64_t>(bytes / 100, kSmallestBurst, kLargest));
  auto queue = std::clamp<uint64_t>(bytes / 20, 2 * kSmallestBurst, kLargest);
  tc_tbf_qopt options{};
  options.rate.rate = static_cast<uint32_t>(std::min<uint64_t>(bytes, UINT32_MAX));
  options.rate.linklayer = TC_LINKLAYER_ETHERNET;
  options.limit = static_cast<uint32_t>(burst + queue);
  auto head = head_of(link.index, TC_H_ROOT);
  head.tcm_handle = kRootHandle;
  Request request(RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, head);
  request.text(TCA_KIND, "tbf");
  auto nest = request.begin_nest(TCA_OPTIONS);
  request.attribute(TCA_TBF_PARMS, bytes_of(options));
  request.attribute(TCA_TBF_BURST, burst);
  if (bytes > UINT32_MAX) request.attribute(TCA_TBF_RATE64, bytes_of(bytes));
  request.end_nest(nest);
  return socket.change(request, concat("limit ", link.name, " to ", bits_per_second, " bit/s"));
}

Result<> remove_traffic(Socket& socket, int link_index) {
  auto qdiscs = TRY(list_qdiscs(socket, link_index));
  if (auto ingress = ingress_of(qdiscs)) TRY(remove_redirections(socket, *ingress));
  for (const auto& qdisc : qdiscs) {
    if (qdisc.parent == TC_H_ROOT && qdisc.handle == kRootHandle) TRY(remove_qdisc(socket, qdisc));
  }
  return {};
}

Result<std::vector<Qdisc>> list_qdiscs(Socket& socket, int link_index) {
  auto request = Request(RTM_GETQDISC, NLM_F_DUMP, head_of(link_index, 0));
  std::vector<Qdisc> found;
  for (const auto& answer : TRY(socket.dump(request, "list queues"))) {
    tcmsg head{};
    if (answer.type != RTM_NEWQDISC || !answer.header(head) || head.tcm_ifindex != link_index) continue;
    found.push_back({link_index, head.tcm_handle, head.tcm_parent, to_text(answer.attributes<tcmsg>()[TCA_KIND])});
  }
  return found;
}

Result<std::vector<Filter>> list_filters(Socket& socket, int link_index, uint32_t parent) {
  auto request = Request(RTM_GETTFILTER, NLM_F_DUMP, head_of(link_index, parent));
  std::vector<Filter> found;
  for (const auto& answer : TRY(socket.dump(request, "list filters"))) {
    tcmsg head{};
    if (answer.type != RTM_NEWTFILTER || !answer.header(head)) continue;
    Filter filter;
    filter.parent = parent;
    filter.preference = static_cast<uint16_t>(TC_H_MAJ(head.tcm_info) >> 16U);
    filter.protocol = ntohs(static_cast<uint16_t>(TC_H_MIN(head.tcm_info)));
    filter.kind = to_text(answer.attributes<tcmsg>()[TCA_KIND]);
    // One u32 filter is several answers: its hash tables, then itself.
    bool known =
        std::any_of(found.begin(), found.end(), [&](const Filter& f) { return f.preference == filter.preference; });
    if (!known) found.push_back(std::move(filter));
  }
  return found;
}

}  // namespace kata::netlink
