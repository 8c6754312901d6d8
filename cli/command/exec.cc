#include "cli/command/exec.h"

#include <signal.h>

#include <cerrno>

#include "cli/command/create.h"
#include "cli/container/id.h"
#include "cli/container/status.h"
#include "cli/container/teardown.h"
#include "cli/process/foreground.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/oci/json.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

Result<grpc::Process> choose_process(const ExecOptions& options, const Record& record) {
  if (!options.process_file.empty()) {
    auto process = TRY_WRAP(oci::parse_process(TRY(sys::read_file(options.process_file))), options.process_file);
    if (options.tty_given) process.set_terminal(options.tty);
    return process;
  }
  auto spec = TRY(oci::load_bundle(record.bundle));
  return merge_process(std::move(*spec.mutable_process()), options);
}

Result<Standin> spawn_standin(const ExecOptions& options, const Container& container, const std::string& exec_id,
                              const grpc::Process& process, Streams& streams) {
  StandinPlan plan;
  plan.id = options.id;
  plan.exec_id = exec_id;
  plan.detached = options.detach;
  UniqueFd console;
  if (process.terminal()) {
    ConsoleSize size{process.consolesize().width(), process.consolesize().height()};
    console = TRY(choose_console(plan, options.console_socket, options.console, size));
  }
  streams.paths.lf_only = process.terminal() && plan.mode == StandinMode::kTerminal;
  plan.arguments = {process.args().begin(), process.args().end()};
  plan.where = TRY(namespaces_of_exec(container.record.standin, terminal_of(plan)));
  return Standin::spawn(plan, container.place.socket(), streams);
}

Result<Container> find_target(const Globals& globals, const ExecOptions& options) {
  auto container = TRY(find_container(globals, options.id));
  switch (container.state.status) {
    case Status::kPaused:
      if (options.ignore_paused) return container;
      return Error::make(Code::kFailedPrecondition, concat("cannot exec in a paused container (\"", options.id, "\")"))
          .hint("use --ignore-paused to let it wait for the resume");
    case Status::kCreating:
    case Status::kStopped:
      return Error::make(Code::kFailedPrecondition,
                         concat("cannot exec in a stopped container (\"", options.id, "\" is ",
                                status_name(container.state.status), "): container not running"));
    default:
      return container;
  }
}

// From Exec to the running process. A signal meanwhile breaks it off.
Result<> begin(const Container& container, const Signals& signals, const std::string& exec_id, const StreamPaths& paths,
               pid_t standin, const std::string& process) {
  auto& shim = *container.shim;
  auto abort = TRY(
      AbortOnSignal::watch(signals, [&](int number) { shim.abandon(concat("interrupted by ", signal_name(number))); }));
  auto added = shim.exec(exec_id, paths, standin, process);
  if (!added) return explain_shim(added.error(), container.place, container.record);
  auto started = shim.start(exec_id);
  if (started) {
    log::debug("exec", "started", {{"container", container.record.id}, {"exec", exec_id}});
    return {};
  }
  ignore(shim.remove(exec_id));  // the start's error is the one to tell
  return explain_shim(started.error(), container.place, container.record);
}

}  // namespace

Result<int> run_exec(const Globals& globals, const ExecOptions& options) {
  TRY(refuse_descriptors(options.preserve_fds));
  auto signals = TRY(Signals::block());
  auto container = TRY(find_target(globals, options));
  auto process = TRY(choose_process(options, container.record));
  if (options.console.empty()) TRY(check_console(process.terminal(), options.detach, options.console_socket));
  auto exec_id = TRY(random_id("exec-"));
  auto streams = TRY(make_streams(container.place, exec_id + "-", process.terminal()));
  auto unlink = defer([paths = streams.paths] { unlink_streams(paths); });
  auto standin = TRY(spawn_standin(options, container, exec_id, process, streams));
  auto paths = streams.paths;
  TRY(begin(container, signals, exec_id, paths, standin.pid(), oci::to_json(process)));
  auto announced = write_pid(options.pid_file, standin.pid());
  if (announced) announced = send_pidfd(options.pidfd_socket, standin.pidfd());
  if (!announced) {
    ignore(container.shim->kill(exec_id, SIGKILL, false));  // the first error is the one to tell
    return announced.error();
  }
  TRY(standin.go());
  unlink_streams(paths);
  unlink.dismiss();
  if (options.detach) {
    standin.release();
    return 0;
  }
  return wait_in_foreground(standin, signals, {}, [] {});
}

}  // namespace kata::cli
