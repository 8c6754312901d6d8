// The pod's network (runtime/network) beside its machine.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "hypervisor/vm.h"
#include "runtime/config/config.h"
#include "runtime/network/loopback.h"
#include "runtime/network/network.h"
#include "runtime/sandbox/container.h"
#include "runtime/sandbox/guest.h"
#include "runtime/sandbox/threads.h"

namespace kata {

// open(), booted() and close() are called by who boots the machine or takes it down, when nobody else uses this object;
// the rest is thread-safe. Without a network of its own the guest has its loopback only, and all of this does nothing.
class PodNetwork {
 public:
  explicit PodNetwork(const config::Config& config) : config_(config) {}

  // The cards that the machine boots with, one for each interface of the pod's namespace. Their descriptors stay open
  // until booted().
  Result<std::vector<hypervisor::Nic>> open(const CreateRequest& request, const grpc::Spec& spec, uint32_t vcpus,
                                            journal::Journal& journal);
  void booted();

  bool exists() const { return network_ != nullptr; }
  // Where the VMM runs: in the pod's namespace, so that its pid leads there. A descriptor, or -1: here.
  int where() const;

  // Makes the machine's cards what the namespace has now.
  Result<> update(Machine& machine);
  // Does so whenever the namespace changes, until stop().
  void follow(Machine& machine);
  void stop();

  // Carries connections between the loopback of the pod's namespace and the guest's until stop(), on a thread of its
  // own, if the configuration wants it.
  void carry_loopback(Machine& machine, Threads& threads);
  // The container's name server may be at that loopback.
  void resolves_with(const grpc::Spec& spec);

  // Lets go of the namespace.
  void close();

 private:
  const config::Config& config_;
  std::unique_ptr<network::Network> network_;
  std::unique_ptr<network::Loopback> loopback_;  // its namespace is the network's
  std::atomic<bool> carrying_{false};
};

}  // namespace kata
