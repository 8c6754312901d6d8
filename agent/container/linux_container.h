// The one implementation of Container: namespaces, a cgroup, and processes that the reaper waits for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "agent/container/container.h"
#include "agent/container/isolation/namespaces.h"
#include "agent/container/spawn/bring_up.h"
#include "agent/container/spawn/hooks.h"
#include "agent/process/child_process.h"
#include "lib/base/mutex.h"
#include "lib/cgroup/cgroup.h"

namespace kata::agent {

class LinuxContainer final : public Container {
 public:
  LinuxContainer(ContainerConfig config, Reaper& reaper) : config_(std::move(config)), reaper_(reaper) {}
  ~LinuxContainer() override;

  // Once, before anything else. After a failure destroy() removes what there is.
  Result<> build();

  const std::string& id() const override { return config_.id; }
  Result<> start() override;
  Result<std::shared_ptr<Process>> exec(std::string exec_id, const grpc::Process& process) override;
  Result<std::shared_ptr<Process>> find(const std::string& exec_id) const override;
  void forget(const std::string& exec_id) override;
  Result<> signal_all(int signal) override;
  Result<> pause() override;
  Result<> resume() override;
  Result<> update(const grpc::LinuxResources& resources) override;
  Result<grpc::StatsContainerResponse> stats() const override;
  Result<std::vector<pid_t>> pids() const override;
  std::string memory_events_path() const override;
  Result<> destroy() override;

 private:
  struct Created {
    StatusChannel status;  // go() lets the first process exec
  };
  struct Running {};
  struct Paused {};
  struct Stopped {};
  using State = std::variant<std::monostate, Created, Running, Paused, Stopped>;

  Result<> make_cgroup();
  Result<Newborn> bear_first(const NamespacePlan& namespaces);
  Result<> run_agent_hooks(const HookList& hooks, const char* kind, const char* status, pid_t pid) const;
  HookList hooks_before_pivot() const;
  HookRunner runner() const;

  bool first_ended() const { return first_ == nullptr || first_->exited(); }
  Error wrong_state(const char* operation) const;
  const char* state_name() const;

  Result<> reserve(const std::string& exec_id);
  Result<std::shared_ptr<ChildProcess>> bear_exec(const std::string& exec_id, const grpc::Process& process);
  void log_warnings(const std::vector<std::string>& warnings) const;
  Result<> kill_everything();

  const ContainerConfig config_;
  Reaper& reaper_;

  // Set by build(), then constant.
  std::optional<cgroup::Cgroup> cgroup_;
  NamespacePlan namespaces_;  // of the first process, pinned
  std::shared_ptr<ChildProcess> first_;

  mutable Mutex mutex_;  // what follows
  State state_;
  std::map<std::string, std::shared_ptr<ChildProcess>> execs_;  // null: being made
};

}  // namespace kata::agent
