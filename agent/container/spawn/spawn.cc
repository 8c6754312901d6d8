#include "agent/container/spawn/spawn.h"

#include <signal.h>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

Error to_error(const StatusMessage& message) {
  auto error = Error::make(message.code, message.text);
  return message.hint.empty() ? error : error.hint(message.hint);
}

// One message; true when there is nothing more to wait for.
Result<bool> handle(const SpawnRequest& what, SpawnedProcess& child, StatusMessage& message) {
  switch (message.kind) {
    case StatusKind::kError:
      return to_error(message);
    case StatusKind::kWarning:
      log::warning("container", message.text, {{"name", what.name}});
      return false;
    case StatusKind::kTerminal:
      child.streams.master = std::move(message.fd);
      return false;
    case StatusKind::kMounted:
      if (what.on_mounted) TRY(what.on_mounted(child.pid));
      TRY(child.status.go());
      return false;
    case StatusKind::kReady:
      return true;
  }
  return Error::make(Code::kInternal, "the child sent an unknown message");
}

Result<> listen(const SpawnRequest& what, SpawnedProcess& child) {
  while (true) {
    auto message = TRY(child.status.receive());
    if (!message) {
      if (what.until == SpawnUntil::kExec) return {};
      return Error::make(Code::kInternal, "the container's first process ended while it was being set up");
    }
    if (TRY(handle(what, child, *message))) return {};
  }
}

}  // namespace

Result<SpawnedProcess> spawn_process(Reaper& reaper, const SpawnRequest& what, PipeSet& pipes) {
  auto launched = TRY(launch(reaper, what.launch));
  SpawnedProcess child{launched.pid, std::move(launched.pidfd), std::move(launched.status), std::move(pipes.ours)};
  pipes.child = {};
  auto undo = defer([&] {
    child.status.close();
    ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));  // it may have ended by itself
    ignore(reaper.wait(child.pid));
  });
  if (what.before_setup) TRY(what.before_setup(child.pid));
  TRY(child.status.go());
  TRY(listen(what, child));
  undo.dismiss();
  return child;
}

Result<> wait_for_exec(const std::string& name, StatusChannel& status) {
  while (true) {
    auto message = TRY(status.receive());
    if (!message) return {};
    if (message->kind == StatusKind::kError) return to_error(*message);
    log::warning("container", message->text, {{"name", name}});
  }
}

void set_oom_score(pid_t pid, int64_t value) {
  auto done = sys::write_control(concat("/proc/", pid, "/oom_score_adj"), std::to_string(value));
  if (!done) log::warning("container", done.error().message());
}

}  // namespace kata::agent
