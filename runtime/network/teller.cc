#include "runtime/network/teller.h"

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "runtime/network/describe.h"
#include "runtime/network/first_error.h"

namespace kata::network {

namespace {

bool says_something(const grpc::UpdateNetworkRequest& request) {
  return request.interfaces_size() + request.addresses_size() + request.routes_size() + request.rules_size() +
             request.neighbours_size() + request.sysctls_size() >
         0;
}

}  // namespace

Result<> Teller::read_untouched() {
  if (untouched_) return {};
  auto fresh = TRY(netlink::Namespace::create());
  auto socket = TRY(fresh.socket());
  Untouched untouched;
  untouched.rules = TRY(netlink::list_entries(socket, netlink::EntryKind::kRule));
  untouched.sysctls = as_in_a_guest(TRY(read_sysctls(fresh)));
  untouched_ = std::move(untouched);
  return {};
}

Result<Sysctls> Teller::changed(const netlink::Namespace& where, const Picture& picture) {
  std::set<std::string> names;
  for (const auto& interface : picture.interfaces) names.insert(interface.link.name);
  auto now = TRY(read_sysctls(where));
  add_the_hosts(now);
  auto changed = changed_sysctls(now, untouched_->sysctls, names);
  for (const auto& [path, value] : changed) changed_once_.insert(path);
  for (const auto& path : changed_once_) {
    if (auto found = now.find(path); found != now.end()) changed.insert(*found);
  }
  return changed;
}

void Teller::leave_usual_rules_out(netlink::Entries& rules) {
  rules_changed_once_ = rules_changed_once_ || rules != untouched_->rules;
  if (!rules_changed_once_) rules.clear();
}

Result<> Teller::tell_interfaces(AgentClient& agent, const Picture& picture) {
  Result<> outcome;
  for (const auto& interface : picture.interfaces) {
    auto message = describe(interface);
    auto text = message.SerializeAsString();
    auto& told = told_interfaces_[interface.link.index];
    if (text == told) continue;
    auto done = agent.update_interface(message).wrap(concat("configuring ", interface.link.name, " in the guest"));
    if (done) {
      told = std::move(text);
      told_routes_.reset();  // changed addresses take routes with them
    }
    keep_first(outcome, std::move(done));
  }
  return outcome;
}

Result<> Teller::tell_in_parts(AgentClient& agent, const Picture& picture) {
  auto outcome = tell_interfaces(agent, picture);
  auto routes = describe_routes(picture);
  auto text = routes.SerializeAsString();
  if (!picture.interfaces.empty() && text != told_routes_) {
    auto done = agent.update_routes(routes).wrap("setting the routes in the guest");
    if (done) told_routes_ = text;
    keep_first(outcome, std::move(done));
  }
  auto neighbours = describe_neighbours(picture);
  text = neighbours.SerializeAsString();
  if (!text.empty() && text != told_neighbours_) {
    auto done = agent.add_neighbours(neighbours).wrap("setting the neighbours in the guest");
    if (done) told_neighbours_ = text;
    keep_first(outcome, std::move(done));
  }
  return outcome;
}

Result<> Teller::tell(AgentClient& agent, const netlink::Namespace& where, Picture picture) {
  TRY_WRAP(read_untouched(), "looking at a fresh network namespace");
  auto sysctls = TRY_WRAP(changed(where, picture), "reading the sysctls of the pod's network");
  leave_usual_rules_out(picture.entries.rules);
  if (is_upstreams_) return tell_in_parts(agent, picture);
  auto request = describe(picture, sysctls);
  auto text = request.SerializeAsString();
  if (text == told_ || (told_.empty() && !says_something(request))) return {};
  auto answer = agent.update_network(request);
  if (answer) {
    told_ = std::move(text);
    for (const auto& what : answer->not_carried()) log::warning("network", "not in the guest", {{"what", what}});
    return {};
  }
  if (!answer.error().is(Code::kUnimplemented)) return answer.error().wrap("setting up the guest's network");
  is_upstreams_ = true;
  for (const auto& what : lost_with_upstream(picture, sysctls)) {
    log::warning("network", "not in the guest: its agent takes no such thing", {{"what", what}});
  }
  return tell_in_parts(agent, picture);
}

}  // namespace kata::network
