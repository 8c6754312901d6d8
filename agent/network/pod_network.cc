#include "agent/network/pod_network.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "agent/network/link.h"
#include "lib/base/concat.h"
#include "lib/netlink/link.h"
#include "lib/netlink/route.h"
#include "lib/sys/file.h"

namespace kata::agent::network {

namespace {

using netlink::Entries;
using netlink::Entry;
using netlink::EntryKind;
using netlink::Socket;

bool contains(const Entries& entries, const Entry& entry) {
  return std::find(entries.begin(), entries.end(), entry) != entries.end();
}

Entries without_lifetimes(EntryKind kind, Entries entries) {
  for (auto& entry : entries) entry = netlink::without_lifetimes(kind, entry);
  return entries;
}

// To the network or the other end of an address. Those of IPv6 on every link come when they like.
bool is_of_an_address(const Entry& entry) {
  netlink::Message message{RTM_NEWROUTE, entry};
  rtmsg head{};
  message.header(head);
  auto destination = netlink::parse_route(message).destination.address;
  return head.rtm_protocol == RTPROT_KERNEL && head.rtm_table != RT_TABLE_LOCAL &&
         !netlink::is_link_local(destination) && !netlink::is_multicast(destination);
}

// The kernel of the host may know what this one does not.
bool is_unknown_here(const Error& error) { return error.is_errno(EOPNOTSUPP) || error.is_errno(EAFNOSUPPORT); }

class Update {
 public:
  Update(Socket& socket, const grpc::UpdateNetworkRequest& request) : socket_(socket), request_(request) {}

  void configure_links(std::chrono::milliseconds hotplug);
  void write_sysctls();
  void set_up();
  // Makes what there is of that kind what the request wants. `made`: by an earlier update; then by this one.
  void bring_about(EntryKind kind, const google::protobuf::RepeatedPtrField<std::string>& wanted, Entries& made);
  void set_addresses(Entries& made);
  void set_routes(Entries& made);

  Result<grpc::UpdateNetworkResponse> answer() {
    if (error_) return *error_;
    return std::move(answer_);
  }

 private:
  void keep(const Result<>& outcome) {
    if (!outcome && !error_) error_ = outcome.error();
  }
  template <typename T>
  std::optional<T> value_of(Result<T> outcome) {
    if (outcome) return std::move(*outcome);
    if (!error_) error_ = outcome.error();
    return {};
  }
  Entries translate(EntryKind kind, const google::protobuf::RepeatedPtrField<std::string>& wanted);
  void add_all(EntryKind kind, Entries missing);
  Result<> add(EntryKind kind, const Entry& entry);

  Socket& socket_;
  const grpc::UpdateNetworkRequest& request_;
  std::vector<std::pair<netlink::Link, bool>> links_;  // whether it is to be up
  std::map<int, int> indexes_;                         // of this kernel, by those of the host
  Entries kernels_routes_;                             // that came with addresses of this update
  std::optional<Error> error_;
  grpc::UpdateNetworkResponse answer_;
};

void Update::configure_links(std::chrono::milliseconds hotplug) {
  for (const auto& wanted : request_.interfaces()) {
    auto link = value_of(configure_link(socket_, wanted, Told::kAll, hotplug)
                             .wrap(concat("configuring ", wanted.name(), " in the guest")));
    if (link) links_.emplace_back(std::move(*link), (wanted.raw_flags() & IFF_UP) != 0);
  }
  auto all = value_of(netlink::list_links(socket_));
  for (const auto& told : request_.links()) {
    for (const auto& link : all.value_or(std::vector<netlink::Link>())) {
      if (link.name == told.name()) indexes_.emplace(told.index(), link.index);
    }
  }
}

void Update::write_sysctls() {
  for (const auto& sysctl : request_.sysctls()) {
    const auto& path = sysctl.path();
    bool is_the_networks = path.starts_with("net/") && path.find("/../") == std::string::npos;
    auto written = is_the_networks ? sys::write_control(concat("/proc/sys/", path), sysctl.value())
                                   : Error::make(Code::kInvalidArgument, concat(path, " is no sysctl of the network"));
    if (!written) answer_.add_not_carried(concat("sysctl ", path, ": ", written.error().message()));
  }
}

void Update::set_up() {
  for (const auto& [link, up] : links_) keep(netlink::set_link_up(socket_, link, up));
}

Entries Update::translate(EntryKind kind, const google::protobuf::RepeatedPtrField<std::string>& wanted) {
  Entries out;
  for (const auto& bytes : wanted) {
    auto entry = netlink::normalize(kind, bytes);
    if (!entry) {
      keep(Error::make(Code::kInvalidArgument, "the runtime sent a network entry that makes no sense"));
    } else if (auto here = value_of(netlink::translate_links(kind, *entry, indexes_)
                                        .wrap(concat("making ", netlink::describe(kind, *entry))))) {
      out.push_back(std::move(*here));
    }
  }
  return out;
}

Result<> Update::add(EntryKind kind, const Entry& entry) {
  auto added = netlink::add_entry(socket_, kind, entry);
  if (added || kind != EntryKind::kRoute) return added;
  auto one = netlink::first_hop(entry);
  if (!one || !netlink::add_entry(socket_, kind, *one)) return added;
  answer_.add_not_carried(concat(netlink::describe(kind, entry), ": all of its next hops but the first"));
  return {};
}

// One may need another: a gateway must be reachable when its route is added. So as long as it goes on.
void Update::add_all(EntryKind kind, Entries missing) {
  std::vector<std::pair<Entry, Error>> refused;
  while (!missing.empty()) {
    refused.clear();
    for (auto& entry : missing) {
      auto added = netlink::add_entry(socket_, kind, entry);
      if (!added) refused.emplace_back(std::move(entry), added.error());
    }
    if (refused.size() == missing.size()) break;
    missing.clear();
    for (auto& [entry, error] : refused) missing.push_back(std::move(entry));
  }
  for (const auto& [entry, error] : refused) {
    auto added = add(kind, entry);
    if (!added && is_unknown_here(added.error())) {
      answer_.add_not_carried(added.error().message());
    } else {
      keep(added);
    }
  }
}

void Update::bring_about(EntryKind kind, const google::protobuf::RepeatedPtrField<std::string>& wanted, Entries& made) {
  auto listed = value_of(netlink::list_entries(socket_, kind));
  if (!listed) return;
  auto here = without_lifetimes(kind, *listed);
  auto all = translate(kind, wanted);
  auto lasting = without_lifetimes(kind, all);
  for (const auto& entry : made) {
    if (contains(here, entry) && !contains(lasting, entry)) keep(netlink::remove_entry(socket_, kind, entry));
  }
  // An address may take others with it when it goes, and lifetimes begin anew.
  if (kind == EntryKind::kAddress)
    here = without_lifetimes(kind, value_of(netlink::list_entries(socket_, kind)).value_or(here));
  Entries missing;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!contains(here, lasting[i]) || all[i] != lasting[i]) missing.push_back(all[i]);
  }
  add_all(kind, std::move(missing));
  made = std::move(lasting);
}

// The kernel makes a route to each address's network. One that the pod does not have was removed there, or never made.
void Update::set_addresses(Entries& made) {
  auto before = value_of(netlink::list_entries(socket_, EntryKind::kRoute)).value_or(Entries());
  bring_about(EntryKind::kAddress, request_.addresses(), made);
  for (auto& route : value_of(netlink::list_entries(socket_, EntryKind::kRoute)).value_or(Entries())) {
    if (is_of_an_address(route) && !contains(before, route)) kernels_routes_.push_back(std::move(route));
  }
}

void Update::set_routes(Entries& made) {
  made.insert(made.end(), kernels_routes_.begin(), kernels_routes_.end());
  bring_about(EntryKind::kRoute, request_.routes(), made);
}

}  // namespace

Result<grpc::UpdateNetworkResponse> PodNetwork::update(const grpc::UpdateNetworkRequest& request,
                                                       std::chrono::milliseconds hotplug) {
  MutexLock lock(mutex_);
  auto socket = TRY(Socket::open());
  Update update(socket, request);
  update.configure_links(hotplug);
  update.write_sysctls();
  update.set_up();
  update.set_addresses(made_[EntryKind::kAddress]);
  update.set_routes(made_[EntryKind::kRoute]);
  auto& rules = made_[EntryKind::kRule];
  // The first rules that are told replace those that every namespace has.
  if (rules.empty() && request.rules_size() > 0) rules = TRY(netlink::list_entries(socket, EntryKind::kRule));
  update.bring_about(EntryKind::kRule, request.rules(), rules);
  update.bring_about(EntryKind::kNeighbour, request.neighbours(), made_[EntryKind::kNeighbour]);
  return update.answer();
}

}  // namespace kata::agent::network
