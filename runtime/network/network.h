// A pod's network: keeps the machine's network cards in line with the interfaces of the pod's namespace, from the
// boot on and as they come, change and go.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/netlink/events.h"
#include "lib/netlink/namespace.h"
#include "runtime/agent_client/agent_client.h"
#include "runtime/journal/journal.h"
#include "runtime/network/attach.h"
#include "runtime/network/scan.h"
#include "runtime/network/teller.h"

namespace kata::network {

// Thread-safe. Holds the namespace until it is destroyed; what it put on interfaces stays until the journal is undone.
class Network {
 public:
  // `path` leads to the namespace after a crash; empty when nobody else can have it, so that it ends with us.
  // The journal outlives this object.
  static Result<std::unique_ptr<Network>> create(netlink::Namespace where, std::string path, Settings settings,
                                                 journal::Journal& journal);

  // Before the boot: connects what is there. The descriptors of the result stay open until booted().
  Result<std::vector<hypervisor::Nic>> plug_at_boot();
  void booted();

  // Plugs in what is new, unplugs what has gone, and tells the guest names, addresses, routes and neighbours that it
  // does not know yet. The first error, after everything else was tried.
  Result<> update(hypervisor::Vm& vm, AgentClient& agent);

  // Updates whenever the namespace changes, until stop(), and calls `changed` then. Errors are logged.
  void follow(hypervisor::Vm& vm, AgentClient& agent, const std::function<void()>& changed = {});
  void stop();

  const netlink::Namespace& where() const { return where_; }
  bool fresh() const { return path_.empty(); }
  size_t size() const;  // interfaces that are plugged in

 private:
  struct Plugged {
    Interface interface;
    hypervisor::Nic nic;
    std::vector<UniqueFd> descriptors;
    uint64_t journal_entry = 0;
    bool opened = false;  // to all groups, by us
  };

  Network(netlink::Namespace where, std::string path, Settings settings, journal::Journal& journal,
          netlink::Socket socket, netlink::EventSocket events, UniqueFd stop);
  Result<Plugged> attach(const Interface& interface) REQUIRES(mutex_);
  void detach(const Plugged& plugged) REQUIRES(mutex_);
  Result<> plug(hypervisor::Vm& vm, const Interface& interface) REQUIRES(mutex_);
  void unplug(hypervisor::Vm& vm, const Plugged& plugged) REQUIRES(mutex_);
  void unplug_missing(hypervisor::Vm& vm, const Picture& picture) REQUIRES(mutex_);
  Result<> plug_new(hypervisor::Vm& vm, const Picture& picture) REQUIRES(mutex_);
  Picture of_plugged(Picture picture) const REQUIRES(mutex_);
  Result<> tell(AgentClient& agent, Picture picture) REQUIRES(mutex_);

  netlink::Namespace where_;
  std::string path_;
  Settings settings_;
  journal::Journal& journal_;
  netlink::EventSocket events_;
  UniqueFd stop_;

  mutable Mutex mutex_;  // one update at a time
  netlink::Socket socket_ GUARDED_BY(mutex_);
  std::map<int, Plugged> plugged_ GUARDED_BY(mutex_);  // by the index of the pod's interface
  // What could not be plugged in is not tried again before it changes: trying makes events, too.
  struct Failed {
    std::string described;
    Error error;
  };
  std::map<int, Failed> failed_ GUARDED_BY(mutex_);
  size_t next_number_ GUARDED_BY(mutex_) = 0;
  Teller teller_ GUARDED_BY(mutex_);
};

}  // namespace kata::network
