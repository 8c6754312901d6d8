// An OCI container in the guest: created, started, paused, stopped, destroyed. It owns its cgroup, its namespaces and
// its processes; how a process comes to be is told in spawn/launch.h.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/container/isolation/namespaces.h"
#include "agent/container/spawn/hooks.h"
#include "agent/container/spawn/spawn.h"
#include "agent/process/process.h"
#include "agent/process/reaper.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/cgroup/cgroup.h"
#include "lib/proto/agent.pb.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

struct ContainerConfig {
  std::string id;
  std::string exec_id;                         // by which the runtime names the first process; often the container's id
  grpc::Spec spec;                             // root.path is a path in the guest
  std::string bundle;                          // on the host, for the state that hooks read; may be empty
  bool session_keyring = true;                 // one of its own, for all of its processes
  std::string hook_path;                       // guest hooks: <hook_path>/{prestart,poststart,poststop}; may be empty
  SharedNamespaces shared;                     // of the pod, to join
  std::string cgroup_root = "/sys/fs/cgroup";  // where cgroup2 is mounted
};

// Thread-safe. An operation in the wrong state is kFailedPrecondition and names the state. Nothing that waits for a
// process holds the lock; pause() holds it until the kernel has frozen the cgroup.
class Container {
 public:
  // Does everything up to the workload's exec: namespaces, rootfs, cgroup. The first process then waits for start().
  // The reaper outlives the container. On failure nothing is left.
  static Result<std::shared_ptr<Container>> create(ContainerConfig config, Reaper& reaper);
  ~Container();  // destroy(); an error is logged

  const std::string& id() const { return config_.id; }
  const grpc::Spec& spec() const { return config_.spec; }
  Result<> start() EXCLUDES(mutex_);
  // Creates and starts another process. exec_id must be new in this container. In one that is paused it waits for the
  // resume.
  Result<std::shared_ptr<Process>> exec(const std::string& exec_id, const grpc::Process& process) EXCLUDES(mutex_);
  // By exec id; an empty one, or the container's id, is the first process. kNotFound otherwise.
  Result<std::shared_ptr<Process>> find(const std::string& exec_id) const EXCLUDES(mutex_);
  // Forgets an exec'd process that has ended (its WaitProcess was answered).
  void forget(const std::string& exec_id) EXCLUDES(mutex_);

  Result<> signal_all(int signal);  // every process in the container's cgroup
  Result<> pause() EXCLUDES(mutex_);
  Result<> resume() EXCLUDES(mutex_);
  Result<> update(const grpc::LinuxResources& resources) EXCLUDES(mutex_);
  Result<grpc::StatsContainerResponse> stats() const;  // cgroup_stats only
  Result<std::vector<pid_t>> pids() const;
  // The path of memory.events, for the OOM watcher; empty when there is no such file.
  std::string memory_events_path() const;

  // Kills what is left, waits for it, removes the cgroup and the mounts. Idempotent.
  Result<> destroy() EXCLUDES(mutex_);

 private:
  struct Created {
    StatusChannel status;  // go() lets the first process exec
  };
  struct Running {};
  struct Paused {};
  struct Stopped {};
  using State = std::variant<std::monostate, Created, Running, Paused, Stopped>;  // monostate: being created

  Container(ContainerConfig config, Reaper& reaper) : config_(std::move(config)), reaper_(reaper) {}

  // container_spawn.cc. build() runs once, before anything else; after a failure destroy() removes what there is.
  Result<> build() EXCLUDES(mutex_);
  Result<> make_cgroup();
  Result<SpawnedProcess> spawn_init_process(const NamespacePlan& namespaces);
  Result<std::shared_ptr<Process>> spawn_exec_process(const std::string& exec_id, const grpc::Process& process);
  // Makes a Process of what was spawned. On failure it is killed.
  Result<std::shared_ptr<Process>> adopt(SpawnedProcess& child, const std::string& exec_id,
                                         std::function<void()> on_exit);
  oci::Hooks hooks_before_pivot() const;
  Result<> reserve(const std::string& exec_id) EXCLUDES(mutex_);
  // For a process that is in the cgroup by now: whoever ends the container has killed it there, or has not begun to.
  Result<> expect_alive() EXCLUDES(mutex_);
  std::map<std::string, std::shared_ptr<Process>> end_execs() EXCLUDES(mutex_);
  uint64_t oom_kills() const;
  std::string explain_death(uint64_t oom_kills_before) const;

  Result<> run_agent_hooks(const oci::Hooks& hooks, const char* kind, const char* status, pid_t pid) const;
  oci::HookRunner runner() const;
  void log_warnings(const std::vector<std::string>& warnings) const;
  bool init_process_ended() const { return init_process_ == nullptr || init_process_->exited(); }
  Error wrong_state(const char* operation) const REQUIRES(mutex_);
  const char* state_name() const REQUIRES(mutex_);
  Result<> kill_everything();

  const ContainerConfig config_;
  Reaper& reaper_;

  // Set by build(), then constant.
  std::optional<cgroup::Cgroup> cgroup_;
  NamespacePlan namespaces_;  // those of the first process, held open
  std::shared_ptr<Process> init_process_;
  // Set before the others are killed.
  const std::shared_ptr<std::atomic<bool>> first_ended_ = std::make_shared<std::atomic<bool>>(false);

  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Process>> execs_ GUARDED_BY(mutex_);  // null: being created
  Condition exec_created_;                                                    // or not: none is null any more
};

}  // namespace kata::agent
