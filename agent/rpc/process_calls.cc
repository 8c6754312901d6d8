#include <charconv>
#include <csignal>

#include "agent/guest/on_demand.h"
#include "agent/rpc/agent_calls.h"
#include "lib/base/concat.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

// SigCgt of proc(5): the mask of the signals that have a handler.
bool handles_signal(pid_t pid, int signal) {
  auto status = sys::read_file(concat("/proc/", pid, "/status"));
  if (!status.ok()) return true;
  constexpr std::string_view kKey = "SigCgt:\t";
  auto at = status->find(kKey);
  if (at == std::string::npos) return true;
  uint64_t mask = 0;
  const char* start = status->data() + at + kKey.size();
  (void)std::from_chars(start, status->data() + status->size(), mask, 16);
  return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

// The kernel drops SIGTERM for the first process of a PID namespace when it has no handler for it, so that
// stopping it would wait for the time-out. Upstream's agent kills it at once; so do we.
int effective_signal(pid_t pid, int signal) {
  return signal == SIGTERM && !handles_signal(pid, signal) ? SIGKILL : signal;
}

}  // namespace

Result<std::shared_ptr<Process>> AgentCalls::find_process(const std::string& container,
                                                          const std::string& exec_id) const {
  return TRY(sandbox_.find(container))->find(exec_id);
}

void AgentCalls::forget(const std::string& container, const std::string& exec_id) {
  if (oci::is_first_process(container, exec_id)) return;  // it goes with its container
  if (auto found = sandbox_.find(container); found.ok()) (*found)->forget(exec_id);
}

Result<Empty> AgentCalls::exec_process(const Context& /*context*/, const grpc::ExecProcessRequest& request) {
  auto container = TRY(sandbox_.find(request.container_id()));
  const auto& id = request.exec_id();
  if (!oci::is_first_process(request.container_id(), id)) {
    TRY(oci::check_id("exec", id));
    // The id of a process that has ended may be used again.
    auto old = container->find(id);
    if (old.ok() && (*old)->exited()) {
      container->forget(id);
      sandbox_.processes().forget(request.container_id(), id);
    }
  }
  load_old_iptables(request.process().capabilities());
  TRY(container->exec(id, request.process()));
  loopback_.may_listen_soon();
  return Empty();
}

Result<Empty> AgentCalls::signal_process(const Context& /*context*/, const grpc::SignalProcessRequest& request) {
  auto container = TRY(sandbox_.find(request.container_id()));
  auto process = TRY(container->find(request.exec_id()));
  auto signal = static_cast<int>(request.signal());
  if (signal < 0 || signal > SIGRTMAX) {
    return Error::make(Code::kInvalidArgument, concat("there is no signal ", signal));
  }
  bool first = oci::is_first_process(request.container_id(), request.exec_id());
  auto effective = first && !process->exited() ? effective_signal(process->pid(), signal) : signal;
  if (request.exec_id().empty() && effective == signal) {
    TRY(container->signal_all(signal));
  } else {
    TRY(process->signal(effective));
  }
  return Empty();
}

Result<grpc::WaitProcessResponse> AgentCalls::wait_process(const Context& /*context*/,
                                                           const grpc::WaitProcessRequest& request) {
  auto container = TRY(sandbox_.find(request.container_id()));
  auto process = TRY(container->find(request.exec_id()));
  grpc::WaitProcessResponse response;
  response.set_status(process->wait().code);
  if (oci::is_first_process(request.container_id(), request.exec_id())) {
    // The host learns of the kill that ended the container together with its end: the machine may end with it, and
    // whoever waits for the next OOM event would not hear any more.
    response.set_oom_kills(oom_kills(sys::read_file(container->memory_events_path()).value_or("")));
  } else {
    forget(request.container_id(), sandbox_.processes().waited(request.container_id(), request.exec_id()));
  }
  return response;
}

}  // namespace kata::agent
