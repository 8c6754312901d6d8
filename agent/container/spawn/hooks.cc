#include "agent/container/spawn/hooks.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20) {
      out += concat("\\u00", kHex[byte >> 4U], kHex[byte & 15U]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// A file in memory rather than a pipe: a hook that does not read it costs nothing.
Result<UniqueFd> state_file(const std::string& json) {
  UniqueFd fd(::memfd_create("state", MFD_CLOEXEC));
  if (!fd) return Error::sys(errno, "memfd_create");
  TRY(sys::write_all(fd.get(), json));
  if (::lseek(fd.get(), 0, SEEK_SET) < 0) return Error::sys(errno, "seek");
  return fd;
}

// argv[0] is the hook's own choice; the program is its path.
sys::Spawn spawn_of(const grpc::Hook& hook, int in) {
  sys::Spawn what;
  what.argv.assign(hook.args().begin(), hook.args().end());
  if (what.argv.empty()) what.argv.push_back(hook.path());
  what.argv[0] = hook.path();
  what.env.emplace(hook.env().begin(), hook.env().end());
  what.in = in;
  what.new_session = true;
  return what;
}

Result<> run_hook(const grpc::Hook& hook, const std::string& json, const HookRunner& runner) {
  auto in = TRY(state_file(json));
  auto child = TRY(runner.spawn(spawn_of(hook, in.get())));
  auto timeout = hook.timeout() > 0 ? std::chrono::milliseconds(hook.timeout() * 1000) : std::chrono::milliseconds(-1);
  auto ended = sys::wait_for(child.pidfd.get(), POLLIN, timeout);
  bool late = ended && !*ended;
  if (late) ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));  // it may end at this moment
  auto status = TRY(runner.wait(child.pid));
  if (late) return Error::make(Code::kDeadlineExceeded, concat("it took longer than ", hook.timeout(), " s"));
  if (status.code != 0) return Error::make(Code::kInternal, concat("it ", sys::describe(status)));
  return {};
}

}  // namespace

std::string to_json(const HookState& state) {
  std::string out = concat(R"({"ociVersion":"1.0.2","id":)", quoted(state.id), R"(,"status":)", quoted(state.status));
  if (state.pid > 0) out += concat(R"(,"pid":)", state.pid);
  out += concat(R"(,"bundle":)", quoted(state.bundle), R"(,"annotations":{)");
  bool first = true;
  for (const auto& [key, value] : state.annotations) {
    out += concat(first ? "" : ",", quoted(key), ":", quoted(value));
    first = false;
  }
  return out + "}}";
}

HookRunner direct_runner() { return {sys::spawn, sys::wait_child}; }

Result<> run_hooks(const HookList& hooks, std::string_view kind, const HookState& state, const HookRunner& runner) {
  if (hooks.empty()) return {};
  auto json = to_json(state);
  for (const auto& hook : hooks) {
    TRY_WRAP(run_hook(hook, json, runner), concat("the ", kind, " hook ", hook.path()));
  }
  return {};
}

HookList guest_hooks(const std::string& directory, const std::string& kind) {
  HookList hooks;
  if (directory.empty()) return hooks;
  auto folder = concat(directory, "/", kind);
  auto names = sys::list_directory(folder);
  if (!names) return hooks;
  std::sort(names->begin(), names->end());
  constexpr int64_t kGuestHookTimeout = 10;  // seconds: a hook that hangs must not hang the pod
  for (const auto& name : *names) {
    auto path = concat(folder, "/", name);
    if (::access(path.c_str(), X_OK) != 0) continue;
    auto* hook = hooks.Add();
    hook->set_path(path);
    hook->set_timeout(kGuestHookTimeout);
    hook->add_env("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  }
  return hooks;
}

}  // namespace kata::agent
