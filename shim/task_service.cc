#include "shim/task_service.h"

#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/json.h"
#include "shim/engine_options.h"
#include "shim/metrics.h"
#include "shim/timestamp.h"

namespace kata::shim {

namespace {

containerd::v1::types::Status status_of(const Life& life) {
  using containerd::v1::types::Status;
  if (std::holds_alternative<Running>(life)) return Status::RUNNING;
  if (std::holds_alternative<Paused>(life)) return Status::PAUSED;
  if (std::holds_alternative<Stopped>(life)) return Status::STOPPED;
  return Status::CREATED;
}

template <typename Request>
Stdio stdio_of(const Request& request) {
  return {request.stdin(), request.stdout(), request.stderr(), request.terminal(), request.lf_only()};
}

CreateRequest create_request(const api::CreateTaskRequest& request) {
  CreateRequest out{.id = request.id(), .bundle = request.bundle()};
  for (const auto& mount : request.rootfs()) {
    out.rootfs.push_back(
        {mount.type(), mount.source(), mount.target(), {mount.options().begin(), mount.options().end()}});
  }
  out.stdio = stdio_of(request);
  out.standin = static_cast<pid_t>(request.standin_pid());
  auto options = engine_options(request.options());
  out.no_new_keyring = request.no_new_keyring() || options.no_new_keyring;
  out.config = std::move(options.config);
  return out;
}

uint32_t number(pid_t pid) { return static_cast<uint32_t>(pid); }

}  // namespace

// containerd, and who asks it, takes NOT_FOUND for "not yet" and everything else for a failure: nerdctl's logger asks
// while the machine boots, and gave up. Our command line wants to know the difference.
bool TaskService::is_not_yet(const std::string& id) const {
  return caller_ == Caller::kContainerd && sandbox_.is_being_created(id);
}

Result<api::StateResponse> TaskService::state(const Context& /*context*/, const api::StateRequest& request) {
  bool not_yet = is_not_yet(request.id());
  auto found = sandbox_.state(request.id(), request.exec_id());
  if (!found) return not_yet || is_not_yet(request.id()) ? found.error().with_code(Code::kNotFound) : found.error();
  const auto& state = *found;
  api::StateResponse out;
  out.set_id(request.id());
  out.set_exec_id(request.exec_id());
  out.set_bundle(state.bundle);
  if (request.with_timing()) {
    for (const auto& phase : sandbox_.timing()) {
      auto& one = *out.add_phases();
      one.set_name(std::string(phase.name));
      one.set_milliseconds(phase.milliseconds);
    }
  }
  out.set_pid(number(state.pid));
  out.set_status(status_of(state.life));
  out.set_stdin(state.stdio.in);
  out.set_stdout(state.stdio.out);
  out.set_stderr(state.stdio.err);
  out.set_terminal(state.stdio.terminal);
  if (const auto* stopped = std::get_if<Stopped>(&state.life)) {
    out.set_exit_status(static_cast<uint32_t>(stopped->exit.status));
    set_time(*out.mutable_exited_at(), stopped->exit.at);
    out.set_cause(stopped->exit.cause);
  }
  return out;
}

Result<api::CreateTaskResponse> TaskService::create(const Context& /*context*/, const api::CreateTaskRequest& request) {
  if (!request.checkpoint().empty()) {
    return Error::make(Code::kUnimplemented, "restoring a checkpoint is not supported");
  }
  auto pid = TRY(sandbox_.create(create_request(request)));
  api::CreateTaskResponse out;
  out.set_pid(number(pid));
  return out;
}

Result<api::StartResponse> TaskService::start(const Context& /*context*/, const api::StartRequest& request) {
  api::StartResponse out;
  out.set_pid(number(TRY(sandbox_.start(request.id(), request.exec_id()))));
  return out;
}

Result<api::DeleteResponse> TaskService::delete_(const Context& /*context*/, const api::DeleteRequest& request) {
  auto deleted = TRY(sandbox_.remove(request.id(), request.exec_id()));
  api::DeleteResponse out;
  out.set_pid(number(deleted.pid));
  out.set_exit_status(static_cast<uint32_t>(deleted.exit.status));
  set_time(*out.mutable_exited_at(), deleted.exit.at);
  return out;
}

Result<api::PidsResponse> TaskService::pids(const Context& /*context*/, const api::PidsRequest& request) {
  api::PidsResponse out;
  for (auto pid : TRY(sandbox_.pids(request.id()))) out.add_processes()->set_pid(number(pid));
  return out;
}

Result<Empty> TaskService::pause(const Context& /*context*/, const api::PauseRequest& request) {
  TRY(sandbox_.pause(request.id()));
  return Empty();
}

Result<Empty> TaskService::resume(const Context& /*context*/, const api::ResumeRequest& request) {
  TRY(sandbox_.resume(request.id()));
  return Empty();
}

Result<Empty> TaskService::checkpoint(const Context& /*context*/, const api::CheckpointTaskRequest& request) {
  return Error::make(Code::kUnimplemented, concat("checkpointing container ", request.id(), " is not supported"));
}

Result<Empty> TaskService::kill(const Context& /*context*/, const api::KillRequest& request) {
  auto whom = request.all() ? Sandbox::Signalled::kAllOfContainer : Sandbox::Signalled::kProcess;
  TRY(sandbox_.kill(request.id(), request.exec_id(), request.signal(), whom));
  return Empty();
}

Result<Empty> TaskService::exec(const Context& /*context*/, const api::ExecProcessRequest& request) {
  oci::Ignored ignored;
  auto process = TRY_WRAP(oci::parse_process(request.spec().value(), &ignored), "the process to run");
  oci::warn_of(ignored);
  TRY(sandbox_.exec(request.id(), request.exec_id(), std::move(process), stdio_of(request),
                    static_cast<pid_t>(request.standin_pid())));
  return Empty();
}

Result<Empty> TaskService::resize_pty(const Context& /*context*/, const api::ResizePtyRequest& request) {
  TRY(sandbox_.resize(request.id(), request.exec_id(), request.height(), request.width()));
  return Empty();
}

Result<Empty> TaskService::close_io(const Context& /*context*/, const api::CloseIORequest& request) {
  if (request.stdin()) TRY(sandbox_.close_stdin(request.id(), request.exec_id()));
  return Empty();
}

Result<Empty> TaskService::update(const Context& /*context*/, const api::UpdateTaskRequest& request) {
  oci::Ignored ignored;
  auto resources = TRY_WRAP(oci::parse_resources(request.resources().value(), &ignored), "the new resources");
  oci::warn_of(ignored);
  TRY(sandbox_.update(request.id(), std::move(resources)));
  return Empty();
}

Result<api::WaitResponse> TaskService::wait(const Context& /*context*/, const api::WaitRequest& request) {
  auto exit = TRY(sandbox_.wait(request.id(), request.exec_id()));
  api::WaitResponse out;
  out.set_exit_status(static_cast<uint32_t>(exit.status));
  set_time(*out.mutable_exited_at(), exit.at);
  out.set_cause(exit.cause);
  out.set_oom_kills(exit.oom_kills);
  return out;
}

Result<api::StatsResponse> TaskService::stats(const Context& /*context*/, const api::StatsRequest& request) {
  api::StatsResponse out;
  *out.mutable_stats() = to_metrics(TRY(sandbox_.stats(request.id())), host_cgroup_version());
  return out;
}

Result<api::ConnectResponse> TaskService::connect(const Context& /*context*/, const api::ConnectRequest& request) {
  api::ConnectResponse out;
  out.set_shim_pid(number(::getpid()));
  auto state = sandbox_.state(request.id(), "");
  if (state) out.set_task_pid(number(state->pid));
  out.set_version("v2");
  return out;
}

Result<Empty> TaskService::shutdown(const Context& /*context*/, const api::ShutdownRequest& request) {
  if (request.now() || sandbox_.empty()) {
    shut_down_();
  } else {
    log::debug("task", "not shutting down: containers are left");
  }
  return Empty();
}

}  // namespace kata::shim
