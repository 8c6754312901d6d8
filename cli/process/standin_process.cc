#include "cli/process/standin_process.h"

#include <signal.h>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "runtime/config/config.h"

namespace kata::cli {

namespace {

std::string number(const UniqueFd& fd) { return fd ? std::to_string(fd.get()) : "-"; }

const char* mode_name(StandinMode mode) {
  switch (mode) {
    case StandinMode::kPipes:
      return "p";
    case StandinMode::kTerminal:
      return "t";
    default:
      return "c";
  }
}

sys::Spawn prepare(const StandinPlan& plan, int go, int shim, const Streams& streams) {
  sys::Spawn spawn;
  spawn.argv = {config::libexec_directory() + "/kata-standin",
                plan.id,
                plan.exec_id.empty() ? "-" : plan.exec_id,
                mode_name(plan.mode),
                std::to_string(go),
                std::to_string(shim),
                number(streams.in),
                number(streams.out),
                number(streams.err)};
  spawn.env = {{"PATH=/"}};  // it needs none, and an environment costs it memory
  spawn.directory = "/";
  bool console = plan.mode == StandinMode::kConsole;
  spawn.in = console ? plan.console : 0;
  spawn.out = console ? plan.console : 1;
  spawn.err = console ? plan.console : 2;
  spawn.inherited = {go, shim};
  for (const auto* fd : {&streams.in, &streams.out, &streams.err}) {
    if (*fd) spawn.inherited.push_back(fd->get());
  }
  spawn.new_session = plan.detached || console;
  spawn.die_with_parent = !plan.detached;
  return spawn;
}

}  // namespace

Result<UniqueFd> choose_console(StandinPlan& plan, const std::string& socket, const std::string& path,
                                const ConsoleSize& size) {
  plan.mode = StandinMode::kTerminal;
  UniqueFd out;
  if (!socket.empty()) out = TRY(send_console(socket, size));
  if (!path.empty()) out = TRY(sys::open(path, O_RDWR | O_NOCTTY));
  if (out) plan.mode = StandinMode::kConsole;
  plan.console = out.get();
  return out;
}

Result<Standin> Standin::spawn(const StandinPlan& plan, const std::string& shim_socket, Streams& streams) {
  auto shim = TRY_WRAP(sys::unix_connect(shim_socket), "connecting the stand-in to the shim");
  auto go = TRY(sys::pipe());
  auto child = TRY_WRAP(sys::spawn(prepare(plan, go.read.get(), shim.get(), streams)), "starting the stand-in");
  streams.in.reset();
  streams.out.reset();
  streams.err.reset();
  return Standin(std::move(child), std::move(go.write));
}

Standin::~Standin() {
  if (child_.pid <= 0 || !child_.pidfd) return;            // let go, waited for, or moved from
  ignore(sys::pidfd_signal(child_.pidfd.get(), SIGKILL));  // gone already is as good
  ignore(sys::wait_child(child_.pid));
}

Result<> Standin::go() {
  TRY_WRAP(sys::write_all(go_.get(), "g"), "the stand-in ended before the container was started");
  go_.reset();
  return {};
}

Result<sys::ExitStatus> Standin::wait() {
  auto status = TRY(sys::wait_child(child_.pid));
  child_.pid = -1;
  return status;
}

}  // namespace kata::cli
