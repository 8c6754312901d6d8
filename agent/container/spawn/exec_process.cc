#include "agent/container/spawn/exec_process.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "agent/container/workload/attributes.h"
#include "agent/container/workload/keyring.h"
#include "agent/container/workload/user.h"
#include "agent/container/workload/workload.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

Result<> install_stdio(const ExecPlan& plan, StatusChannel& status) {
  const auto& user = plan.process->user();
  if (!plan.process->terminal()) return install_pipes(*plan.stdio);
  auto root = TRY(sys::open("/", O_PATH | O_DIRECTORY));
  auto terminal = TRY(open_terminal(sys::RootPath(root.get()), *plan.process));
  TRY(status.send_terminal(terminal.master.get()));
  return install_terminal(terminal.slave.get(), user);
}

Result<Workload> set_up(const ExecPlan& plan, StatusChannel& status) {
  if (plan.namespaces->has(CLONE_NEWUSER)) TRY(become_root());
  if (::setsid() < 0) return Error::sys(errno, "setsid");
  TRY(install_stdio(plan, status));
  TRY(apply_attributes(*plan.process, *plan.linux));
  if (!plan.keyring.empty()) TRY(join_session_keyring(plan.keyring, plan.namespaces->has(CLONE_NEWUSER)));
  std::vector<std::string> warnings;
  auto workload = TRY(Workload::prepare(*plan.process, plan.seccomp, warnings));
  for (const auto& warning : warnings) status.warn(warning);
  return workload;
}

}  // namespace

Error run_exec(const ExecPlan& plan, StatusChannel& status) {
  auto workload = set_up(plan, status);
  if (!workload) return workload.error();
  if (auto sent = status.send(StatusKind::kReady); !sent) return sent.error();
  return workload->run();
}

grpc::Process complete_process(grpc::Process process, const grpc::Process& first) {
  if (process.cwd().empty()) process.set_cwd(first.cwd());
  if (!process.has_capabilities() && first.has_capabilities()) *process.mutable_capabilities() = first.capabilities();
  if (process.rlimits().empty()) *process.mutable_rlimits() = first.rlimits();
  return process;
}

}  // namespace kata::agent
