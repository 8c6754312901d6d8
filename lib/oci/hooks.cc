#include "lib/oci/hooks.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/version.h"
#include "lib/sys/fd.h"
#include "lib/text/json.h"

namespace kata::oci {

namespace {

constexpr size_t kQuoted = 512;  // bytes of a hook's standard error that an error shows

// A file in memory rather than a pipe: a hook that does not read it costs nothing, and one that writes a lot does not
// wait for a reader.
Result<UniqueFd> memory_file(const char* name, std::string_view content) {
  auto fd = TRY(sys::memory_file(name));
  TRY(sys::write_all(fd.get(), content));
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) return Error::sys(errno, "seek", name);
  return fd;
}

std::string quoted_end(int fd) {
  std::string text(kQuoted, '\0');
  auto size = ::pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? text : ": " + text;
}

// The specification's args are argv: the first one is a name, not the program.
sys::Spawn program_of(const grpc::Hook& hook, const HookRunner& runner, int in, int err) {
  sys::Spawn what;
  what.program = hook.path();
  what.argv = {hook.args().begin(), hook.args().end()};
  if (what.argv.empty()) what.argv = {hook.path()};
  what.env = runner.env;
  if (!hook.inherits_env()) what.env = std::vector<std::string>(hook.env().begin(), hook.env().end());
  what.directory = runner.directory;
  what.in = in;
  what.err = err;
  what.new_session = true;
  return what;
}

Result<> run_hook(const grpc::Hook& hook, const std::string& state, const HookRunner& runner) {
  auto in = TRY(memory_file("hook-state", state));
  auto err = TRY(memory_file("hook-stderr", ""));
  auto child = TRY(runner.spawn(program_of(hook, runner, in.get(), err.get())));
  // No time-out in the specification means none.
  std::chrono::milliseconds timeout =
      hook.timeout() > 0 ? std::chrono::seconds(hook.timeout()) : std::chrono::milliseconds(-1);
  std::array<pollfd, 2> fds{pollfd{child.pidfd.get(), POLLIN, 0}, pollfd{runner.cancel, POLLIN, 0}};
  auto ready = sys::poll(fds, timeout);
  bool ended = !ready || fds[0].revents != 0;
  if (!ended) ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));  // it may end at this moment
  auto status = TRY(runner.wait(child.pid));
  if (!ended && *ready > 0) return Error::make(Code::kCancelled, "it was killed, because it was cancelled");
  if (!ended) return Error::make(Code::kDeadlineExceeded, concat("it ran longer than its ", hook.timeout(), " s"));
  if (status.code == 0) return {};
  return Error::make(Code::kUnknown, concat("it ", sys::describe(status), quoted_end(err.get())));
}

}  // namespace

std::string to_json(const HookState& state) {
  JsonWriter json(false);
  json.begin_object()
      .field("ociVersion", state.oci_version.empty() ? kVersion : state.oci_version)
      .field("id", state.id)
      .field("status", state.status);
  if (state.pid > 0) json.field("pid", state.pid);
  json.field("bundle", state.bundle);
  if (!state.annotations.empty()) json.texts("annotations", state.annotations);
  json.end_object();
  return json.text();
}

Result<> run_hooks(std::string_view kind, const Hooks& hooks, const HookState& state, const HookRunner& runner) {
  if (hooks.empty()) return {};
  auto json = to_json(state);
  for (const auto& hook : hooks) TRY_WRAP(run_hook(hook, json, runner), concat(kind, " hook ", hook.path()));
  return {};
}

void try_hooks(std::string_view kind, const Hooks& hooks, const HookState& state, const HookRunner& runner) {
  if (hooks.empty()) return;
  auto json = to_json(state);
  for (const auto& hook : hooks) {
    auto done = run_hook(hook, json, runner);
    if (done) continue;
    log::warning("hooks", concat(kind, " hook failed"), {{"hook", hook.path()}, {"error", done.error().text()}});
  }
}

}  // namespace kata::oci
