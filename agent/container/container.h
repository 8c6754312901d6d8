// An OCI container in the guest: created, started, paused, stopped, destroyed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/container/isolation/namespaces.h"
#include "agent/process/process.h"
#include "agent/process/reaper.h"
#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

struct ContainerConfig {
  std::string id;
  std::string exec_id;                         // by which the runtime names the first process; often the container's id
  grpc::Spec spec;                             // root.path is a path in the guest
  std::string hook_path;                       // guest hooks: <hook_path>/{prestart,poststart,poststop}; may be empty
  SharedNamespaces shared;                     // of the pod, to join
  std::string cgroup_root = "/sys/fs/cgroup";  // where cgroup2 is mounted
};

// Life cycle: a variant with data per state inside; an operation in the wrong state is
// kFailedPrecondition naming the state. Thread-safe; blocking calls do not hold the lock.
class Container {
 public:
  // Everything up to the workload's exec: namespaces, rootfs, cgroup, … The first process waits.
  // On failure nothing is left.
  static Result<std::shared_ptr<Container>> create(ContainerConfig config, Reaper& reaper);
  virtual ~Container() = default;

  virtual const std::string& id() const = 0;
  virtual Result<> start() = 0;
  // Creates and starts another process. exec_id must be new in this container.
  virtual Result<std::shared_ptr<Process>> exec(std::string exec_id, const grpc::Process& process) = 0;
  // By exec id; an empty one, or the container's id, is the first process. kNotFound otherwise.
  virtual Result<std::shared_ptr<Process>> find(const std::string& exec_id) const = 0;
  // Forgets an exec'd process that has ended (its WaitProcess was answered).
  virtual void forget(const std::string& exec_id) = 0;

  virtual Result<> signal_all(int signal) = 0;  // every process in the container's cgroup
  virtual Result<> pause() = 0;
  virtual Result<> resume() = 0;
  virtual Result<> update(const grpc::LinuxResources& resources) = 0;
  virtual Result<grpc::StatsContainerResponse> stats() const = 0;  // cgroup_stats only
  virtual Result<std::vector<pid_t>> pids() const = 0;
  // The path of memory.events, for the OOM watcher; empty when there is no such file.
  virtual std::string memory_events_path() const = 0;

  // Kills what is left, waits for it, removes cgroup and mounts. Idempotent.
  virtual Result<> destroy() = 0;
};

}  // namespace kata::agent
