// Tells the guest's agent the pod's network, once and again when it has changed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/netlink/namespace.h"
#include "runtime/agent_client/agent_client.h"
#include "runtime/network/scan.h"
#include "runtime/network/sysctls.h"

namespace kata::network {

// One thread at a time.
class Teller {
 public:
  // Only what the agent does not know yet. `picture` is of `where`, and holds what the machine has cards for. The first
  // error, after everything else was tried.
  Result<> tell(AgentClient& agent, const netlink::Namespace& where, Picture picture);

 private:
  // What a namespace has that nobody has touched: what differs from it somebody has set.
  struct Untouched {
    Sysctls sysctls;
    netlink::Entries rules;
  };
  Result<> read_untouched();
  Result<Sysctls> changed(const netlink::Namespace& where, const Picture& picture);
  void leave_usual_rules_out(netlink::Entries& rules);
  Result<> tell_in_parts(AgentClient& agent, const Picture& picture);
  Result<> tell_interfaces(AgentClient& agent, const Picture& picture);

  std::optional<Untouched> untouched_;
  // What has differed once is told from then on, so that the guest goes back to the usual values, too.
  std::set<std::string> changed_once_;
  bool rules_changed_once_ = false;

  std::string told_;
  // To upstream's agents, which know less.
  bool is_upstreams_ = false;
  std::map<int, std::string> told_interfaces_;  // by their indexes
  std::optional<std::string> told_routes_;
  std::string told_neighbours_;
};

}  // namespace kata::network
