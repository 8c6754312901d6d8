// Carries connections between the loopback of the pod's network namespace and the guest's: an engine's name server, a
// forwarded port (docs/network.md, lib/loopback/relay.h).
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/loopback/relay.h"
#include "lib/netlink/namespace.h"
#include "runtime/agent_client/agent_client.h"

namespace kata::network {

// Thread-safe.
class Loopback {
 public:
  // `where`, the pod's namespace, outlives it.
  static Result<std::unique_ptr<Loopback>> create(const netlink::Namespace& where);

  // A container asks the name servers of this file. It is read whenever something may have changed.
  void resolves_with(const std::string& resolv_conf) EXCLUDES(mutex_);

  // Carries, on the calling thread, which moves into the pod's namespace for good; until stop(), or the agent is lost.
  // Agents without this service are upstream's: nothing happens then.
  void carry(AgentClient& agent);
  void stop() { relay_->stop(); }

  // The pod's namespace may have changed. update() waits until the guest has what is there now; not for ever, and
  // nothing is wrong when there is nobody to wait for.
  void changed() { relay_->refresh(); }
  void update();

 private:
  explicit Loopback(const netlink::Namespace& where) : where_(where) {}
  Result<std::vector<loopback::Endpoint>> look() EXCLUDES(mutex_);
  void add_name_servers(const std::vector<loopback::Endpoint>& listening, std::vector<loopback::Endpoint>& out)
      EXCLUDES(mutex_);

  const netlink::Namespace& where_;
  Mutex mutex_;
  std::set<std::string> resolv_confs_ GUARDED_BY(mutex_);
  std::unique_ptr<loopback::Relay> relay_;  // last: it looks
};

}  // namespace kata::network
