// The machine's size follows what its containers ask for, and the limits of the host's cgroups follow the machine.
#pragma once

#include <optional>
#include <string>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "runtime/config/config.h"
#include "runtime/resources/limits.h"
#include "runtime/sandbox/guest.h"
#include "runtime/sandbox/host_cgroups.h"

namespace kata {

// Thread-safe. One change of the size at a time, with its calls to the VMM and the agent.
class Sizer {
 public:
  Sizer(const config::Config& config, HostCgroups& cgroups) : config_(config), cgroups_(cgroups) {}

  // Before the machine is made: what the engine says of the pod as a whole, and what its first container asks for.
  void announce(const resources::Limits& pod, const std::string& container, const std::optional<Asked>& asked)
      EXCLUDES(mutex_);
  resources::Demand demand() const { return demands_.sum(); }
  // What the machine starts with.
  void set_size(hypervisor::MachineSize size) EXCLUDES(mutex_);

  // The workload may use what it asked for from its first instruction on. Nothing asked: the container only holds its
  // pod.
  Result<> make_room(Guest guest, const std::string& container, const std::optional<Asked>& asked) EXCLUDES(mutex_);
  // Room is made before the container may use it, and taken back after it may no more. When one of these fails, the
  // container and the accounts are as before.
  // `disks` are the container's.
  Result<> update(Guest guest, const std::string& container, grpc::LinuxResources resources,
                  const std::vector<grpc::LinuxDevice>& disks) EXCLUDES(mutex_);
  // The container is gone. `guest` is null when the machine is, too. What fails is logged.
  void give_room_back(const Guest* guest, const std::string& container) EXCLUDES(mutex_);

 private:
  void count(const std::string& container, const std::optional<Asked>& asked) REQUIRES(mutex_);
  hypervisor::MachineSize wanted_size() const REQUIRES(mutex_);
  Result<> fit(Guest guest, hypervisor::MachineSize wanted) REQUIRES(mutex_);
  Result<> use_in_guest(Guest guest, hypervisor::MachineSize& wanted) REQUIRES(mutex_);

  const config::Config& config_;
  HostCgroups& cgroups_;
  resources::Demands demands_;
  Mutex mutex_;
  AskedByContainer asked_ GUARDED_BY(mutex_);
  hypervisor::MachineSize size_ GUARDED_BY(mutex_);
  bool takes_processors_ GUARDED_BY(mutex_) = true;  // until the guest did not
};

}  // namespace kata
