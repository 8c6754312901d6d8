// The pod's cgroups on the host (runtime/cgroups): who is in them, what limits hold there, and what they say at the
// end.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/proto/oci.pb.h"
#include "runtime/cgroups/pod_cgroups.h"
#include "runtime/config/config.h"
#include "runtime/sandbox/container.h"
#include "runtime/sandbox/guest.h"

namespace kata {

// What a container asks for.
struct Asked {
  grpc::LinuxResources resources;
  bool in_pod = false;  // of an engine that limits the pod as a whole
};
using AskedByContainer = std::map<std::string, Asked>;
// Nothing: the container only holds its pod, and its limits are nobody's.
std::optional<Asked> asked_by(const Container& container, const grpc::Spec& spec);

// Upstream's rule: the engine limits a pod's own cgroup, and all that is ours to hold is which processors it may use. A
// single container has nobody above it who would limit it. `memory_mib` is the machine's.
cgroups::Limits host_limits(const AskedByContainer& asked, const config::Config& config, uint64_t memory_mib);

// Thread-safe, but for enter() and leave(), which nothing else may run beside. Without cgroups it does nothing.
class HostCgroups {
 public:
  explicit HostCgroups(const config::Config& config) : config_(config) {}

  Result<> enter(const cgroups::Settings& settings, journal::Journal& journal);
  void leave();

  // After the VMM has started: everybody to their place. `helpers` are other children (virtio-fs' daemon).
  void settle(const std::vector<pid_t>& helpers, hypervisor::Vm& vm, uint64_t memory_mib) EXCLUDES(mutex_);
  // After the number of its processors has changed.
  void place_processors(hypervisor::Vm& vm) EXCLUDES(mutex_);
  // A process that stands for the pod to its engine.
  void add(pid_t process) EXCLUDES(mutex_);
  // The same engine learns of an OOM kill in the guest.
  void count_oom_kill() EXCLUDES(mutex_);
  // Never less memory than before: what the guest did not give back would cost the machine its life.
  void limit(const AskedByContainer& asked, uint64_t memory_mib) EXCLUDES(mutex_);

  // What a machine's end has to do with the host's OOM killer: nothing, or a better error.
  std::optional<Error> explain(const Error& cause) const;

  // For people. Empty: nowhere.
  std::string sandbox_path() const { return cgroups_ ? cgroups_->sandbox_path() : ""; }
  std::string overhead_path() const { return cgroups_ ? cgroups_->overhead_path() : ""; }
  bool entered() const { return cgroups_ != nullptr; }

 private:
  const config::Config& config_;
  Mutex mutex_;  // one call of what changes them at a time
  std::unique_ptr<cgroups::PodCgroups> cgroups_;
  std::atomic<uint64_t> limited_mib_ = 0;  // the most memory that the host's limit has allowed for
};

}  // namespace kata
