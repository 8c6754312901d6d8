#include "agent/container/container.h"

#include <signal.h>

#include <algorithm>
#include <chrono>

#include "agent/container/resources.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {
// Generous: a guest without hardware virtualisation on a busy host is slow, not stuck.
constexpr auto kFreezeTimeout = std::chrono::seconds(30);
constexpr auto kRemoveTimeout = std::chrono::seconds(30);

Result<> check(const ContainerConfig& config) {
  TRY(oci::check_id("container", config.id));
  if (!config.spec.has_process()) return Error::make(Code::kInvalidArgument, "the specification has no process");
  if (config.spec.root().path().empty())
    return Error::make(Code::kInvalidArgument, "the specification has no root.path");
  return {};
}

}  // namespace

Result<std::shared_ptr<Container>> Container::create(ContainerConfig config, Reaper& reaper) {
  TRY(check(config));
  std::shared_ptr<Container> container(new Container(std::move(config), reaper));
  auto built = container->build();
  if (built) return container;
  ignore(container->destroy());  // the first error is the one to tell
  return built.error();
}

Container::~Container() {
  auto destroyed = destroy();
  if (!destroyed) log::error("container", destroyed.error().text(), {{"container", config_.id}});
}

const char* Container::state_name() const {
  if (std::holds_alternative<std::monostate>(state_)) return "creating";
  if (std::holds_alternative<Stopped>(state_) || init_process_ended()) return "stopped";
  if (std::holds_alternative<Created>(state_)) return "created";
  return std::holds_alternative<Paused>(state_) ? "paused" : "running";
}

Error Container::wrong_state(const char* operation) const {
  return Error::make(Code::kFailedPrecondition,
                     concat("cannot ", operation, " container ", config_.id, ": it is ", state_name()));
}

Result<> Container::start() {
  MutexLock lock(mutex_);
  auto* created = std::get_if<Created>(&state_);
  if (created == nullptr || init_process_ended()) return wrong_state("start");
  auto status = std::move(created->status);
  state_ = Running{};
  lock.unlock();
  auto started = status.go();
  if (started) started = wait_for_exec(config_.id, status);
  if (!started) {
    ignore(kill_everything());  // it is on its way out
    init_process_->wait();
    lock.lock();
    state_ = Stopped{};
    return started;
  }
  auto hooked = run_agent_hooks(config_.spec.hooks().poststart(), "poststart", "running", init_process_->pid());
  if (hooked) {
    hooked = run_agent_hooks(guest_hooks(config_.hook_path, "poststart"), "poststart", "running", init_process_->pid());
  }
  if (!hooked) log::warning("container", hooked.error().text(), {{"container", config_.id}});  // it runs already
  return {};
}

Result<std::shared_ptr<Process>> Container::find(const std::string& exec_id) const {
  if (oci::is_first_process(config_.id, exec_id) || exec_id == config_.exec_id) return init_process_;
  MutexLock lock(mutex_);
  auto found = execs_.find(exec_id);
  if (found != execs_.end() && found->second != nullptr) return found->second;
  return Error::make(Code::kNotFound, concat("container ", config_.id, " has no process \"", exec_id, "\""));
}

void Container::forget(const std::string& exec_id) {
  std::shared_ptr<Process> last;  // its destructor waits: not under the lock
  MutexLock lock(mutex_);
  auto found = execs_.find(exec_id);
  if (found == execs_.end() || found->second == nullptr || !found->second->exited()) return;
  last = std::move(found->second);
  execs_.erase(found);
}

Result<> Container::signal_all(int signal) {
  if (signal == SIGKILL) return cgroup_->kill();
  return cgroup_->signal(signal);
}

Result<> Container::pause() {
  MutexLock lock(mutex_);
  if (!std::holds_alternative<Running>(state_) || init_process_ended()) return wrong_state("pause");
  TRY_WRAP(cgroup_->freeze(kFreezeTimeout), concat("pausing container ", config_.id));
  state_ = Paused{};
  return {};
}

Result<> Container::resume() {
  MutexLock lock(mutex_);
  if (!std::holds_alternative<Paused>(state_) || init_process_ended()) return wrong_state("resume");
  TRY_WRAP(cgroup_->thaw(), concat("resuming container ", config_.id));
  state_ = Running{};
  return {};
}

Result<> Container::update(const grpc::LinuxResources& resources) {
  {
    MutexLock lock(mutex_);
    if (std::holds_alternative<Stopped>(state_) || init_process_ended()) return wrong_state("update");
  }
  auto doing = concat("updating container ", config_.id);
  TRY_WRAP(cgroup_->check_no_kill(resources.memory().limit()), doing);
  log_warnings(TRY_WRAP(cgroup_->apply(to_resources(resources)), doing));
  return {};
}

Result<grpc::StatsContainerResponse> Container::stats() const {
  grpc::StatsContainerResponse response;
  *response.mutable_cgroup_stats() = to_message(TRY(cgroup_->stats()));
  return response;
}

Result<std::vector<pid_t>> Container::pids() const { return cgroup_->pids(); }

std::string Container::memory_events_path() const {
  auto path = cgroup_->directory() + "/memory.events";
  return sys::exists(path) ? path : std::string();
}

Result<> Container::kill_everything() {
  if (init_process_) ignore(init_process_->signal(SIGKILL));  // ended is what we want
  return cgroup_ ? cgroup_->kill() : Result<>{};
}

// Those that are being created die of the cgroup's kill as well, or see that the container is stopped.
std::map<std::string, std::shared_ptr<Process>> Container::end_execs() {
  MutexLock lock(mutex_);
  exec_created_.wait(mutex_, [&]() REQUIRES(mutex_) {
    return std::none_of(execs_.begin(), execs_.end(), [](const auto& one) { return one.second == nullptr; });
  });
  return execs_;
}

Result<> Container::destroy() {
  {
    MutexLock lock(mutex_);
    state_ = Stopped{};  // closes the channel of one that was never started
  }
  if (!cgroup_) return {};
  TRY(kill_everything());
  if (init_process_) init_process_->wait();
  for (const auto& [id, process] : end_execs()) {
    ignore(process->signal(SIGKILL));  // the cgroup's kill got it, or it has ended
    process->wait();
  }
  if (!sys::exists(cgroup_->directory())) return {};  // the second time
  TRY_WRAP(cgroup_->remove(kRemoveTimeout), concat("destroying container ", config_.id));
  auto hooked = run_agent_hooks(config_.spec.hooks().poststop(), "poststop", "stopped", 0);
  if (hooked) hooked = run_agent_hooks(guest_hooks(config_.hook_path, "poststop"), "poststop", "stopped", 0);
  if (!hooked) log::warning("container", hooked.error().text(), {{"container", config_.id}});
  return {};
}

oci::HookRunner Container::runner() const {
  auto spawn = [this](const sys::Spawn& what) -> Result<sys::Child> {
    sys::Child child;
    TRY(reaper_.spawn([&]() -> Result<pid_t> {
      child = TRY(sys::spawn(what));
      return child.pid;
    }));
    return child;
  };
  oci::HookRunner out;
  out.spawn = spawn;
  out.wait = [this](pid_t pid) { return reaper_.wait(pid); };
  return out;
}

Result<> Container::run_agent_hooks(const oci::Hooks& hooks, const char* kind, const char* status, pid_t pid) const {
  oci::HookState state{config_.spec.version(), config_.id, status, pid, config_.bundle, {}};
  state.annotations.insert(config_.spec.annotations().begin(), config_.spec.annotations().end());
  return oci::run_hooks(kind, hooks, state, runner());
}

void Container::log_warnings(const std::vector<std::string>& warnings) const {
  for (const auto& warning : warnings) log::warning("container", warning, {{"container", config_.id}});
}

}  // namespace kata::agent
