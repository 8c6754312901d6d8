#include "agent/container/spawn/spawn.h"

#include <signal.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

Error to_error(const StatusMessage& message) {
  auto error = Error::make(message.code, message.text);
  return message.hint.empty() ? error : error.hint(message.hint);
}

// One message; true when there is nothing more to wait for.
Result<bool> handle(const SpawnRequest& what, SpawnedProcess& child, StatusMessage& message, bool& child_ready) {
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
      child_ready = true;
      return what.until == SpawnUntil::kReady;
  }
  return Error::make(Code::kInternal, "the child sent an unknown message");
}

// False: the child ended without a word. When it was ready, the end of its messages is that of exec.
Result<bool> listen(const SpawnRequest& what, SpawnedProcess& child) {
  bool ready = false;
  while (true) {
    auto message = TRY(child.status.receive());
    if (!message) return ready;
    if (TRY(handle(what, child, *message, ready))) return true;
  }
}

Error death(const SpawnRequest& what, const Result<sys::ExitStatus>& status) {
  auto how = status ? sys::describe(*status) : status.error().message();
  auto more = what.explain_death ? what.explain_death() : std::string();
  return Error::make(Code::kInternal,
                     concat("the process ", how, " while it was being set up", more.empty() ? "" : ": ", more));
}

Result<> set_up(const SpawnRequest& what, SpawnedProcess& child) {
  if (what.before_setup) TRY(what.before_setup(child.pid));
  return child.status.go();
}

}  // namespace

Result<SpawnedProcess> spawn_process(Reaper& reaper, const SpawnRequest& what, PipeSet& pipes) {
  auto launched = TRY(launch(reaper, what.launch));
  SpawnedProcess child{launched.pid, std::move(launched.pidfd), std::move(launched.status), std::move(pipes.ours)};
  pipes.child = {};
  auto prepared = set_up(what, child);
  // A child that is gone already cannot be told to go; what it said, or how it ended, is the error.
  bool gone = !prepared && prepared.error().is_errno(EPIPE);
  auto heard = prepared || gone ? listen(what, child) : Result<bool>(prepared.error());
  if (heard && *heard) return child;
  child.status.close();
  ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));  // it may have ended by itself
  auto status = reaper.wait(child.pid);
  if (!heard) return heard.error();
  return death(what, status);
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
