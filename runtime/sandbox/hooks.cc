#include "runtime/sandbox/hooks.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "runtime/sandbox/json_text.h"

namespace kata {

namespace {

constexpr size_t kQuoted = 512;

Result<UniqueFd> memory_file(const char* name, std::string_view content) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd) return Error::sys(errno, "memfd_create", name);
  TRY(sys::write_all(fd.get(), content));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

std::string said(int fd) {
  std::string text(kQuoted, '\0');
  auto size = ::pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? text : ": " + text;
}

sys::Spawn program_of(const grpc::Hook& hook, int in, int err) {
  sys::Spawn what;
  what.argv = {hook.path()};
  // The specification's args are argv: its first one is a name, not the program.
  for (int i = 1; i < hook.args_size(); ++i) what.argv.push_back(hook.args(i));
  what.env = std::vector<std::string>(hook.env().begin(), hook.env().end());
  what.in = in;
  what.err = err;
  return what;
}

Result<> run_hook(const grpc::Hook& hook, const std::string& state) {
  auto in = TRY(memory_file("hook-state", state));
  auto err = TRY(memory_file("hook-stderr", ""));
  auto child = TRY(sys::spawn(program_of(hook, in.get(), err.get())));
  // No time-out in the specification means none.
  std::chrono::milliseconds patience =
      hook.timeout() > 0 ? std::chrono::seconds(hook.timeout()) : std::chrono::milliseconds(-1);
  auto status = TRY(sys::wait_child_for(child.pid, child.pidfd.get(), patience));
  if (!status) {
    ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
    ignore(sys::wait_child(child.pid));
    return Error::make(Code::kDeadlineExceeded, concat("it ran longer than its ", hook.timeout(), " s"));
  }
  if (status->code == 0) return {};
  return Error::make(Code::kUnknown, concat("it ", sys::describe(*status), said(err.get())));
}

}  // namespace

std::string to_json(const HookState& state) {
  JsonObject out;
  out.text("ociVersion", state.oci_version).text("id", state.id).text("status", state.status);
  if (state.pid > 0) out.number("pid", state.pid);
  return out.text("bundle", state.bundle).map("annotations", state.annotations).str();
}

Result<> run_hooks(std::string_view kind, const Hooks& hooks, const HookState& state) {
  auto json = to_json(state);
  for (const auto& hook : hooks) TRY_WRAP(run_hook(hook, json), concat(kind, " hook ", hook.path()));
  return {};
}

void try_hooks(std::string_view kind, const Hooks& hooks, const HookState& state) {
  auto json = to_json(state);
  for (const auto& hook : hooks) {
    auto done = run_hook(hook, json);
    if (done) continue;
    log::warning("hooks", concat(kind, " hook failed"), {{"hook", hook.path()}, {"error", done.error().text()}});
  }
}

}  // namespace kata
