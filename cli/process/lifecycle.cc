#include "cli/process/lifecycle.h"

#include <unistd.h>

#include <filesystem>
#include <utility>

#include "cli/container/companions.h"
#include "cli/container/id.h"
#include "cli/container/sweep.h"
#include "cli/container/teardown.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/oci/json.h"
#include "lib/oci/version.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/text/time.h"
#include "lib/users/own_namespace.h"
#include "runtime/task/launch.h"

namespace kata::cli {

namespace {

Record describe(const Globals& globals, const CreateRequest& request, const grpc::Spec& spec) {
  Record out;
  out.id = request.id;
  out.bundle = request.bundle;
  out.rootfs = spec.root().path().starts_with('/') ? spec.root().path() : request.bundle + "/" + spec.root().path();
  out.sandbox_id = sandbox_id(globals.root, request.id);
  out.oci_version = spec.version().empty() ? oci::kVersion : spec.version();
  out.annotations = {spec.annotations().begin(), spec.annotations().end()};
  out.created = rfc3339(std::chrono::system_clock::now(), Precision::kNanoseconds);
  out.owner = users::user_above();
  out.terminal = spec.process().terminal();
  out.owns_bundle = request.owns_bundle;
  return out;
}

}  // namespace

std::string absolute(const std::string& path) {
  if (path.empty()) return path;
  std::error_code error;
  auto whole = std::filesystem::absolute(path, error).lexically_normal().string();
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  return error ? path : whole;
}

Result<> write_pid(const std::string& pid_file, pid_t pid) {
  if (pid_file.empty()) return {};
  return sys::write_file_atomic(pid_file, std::to_string(pid)).wrap("writing the pid file");
}

Result<> send_pidfd(const std::string& socket, int pidfd) {
  if (socket.empty()) return {};
  auto connection = TRY_WRAP(sys::unix_connect(socket), "pidfd socket");
  return sys::send_fds(connection.get(), "pidfd", {&pidfd, 1}).wrap(concat("sending the pidfd over ", socket));
}

Result<> check_console(bool terminal, bool detached, const std::string& console_socket) {
  if (terminal && detached && console_socket.empty()) {
    return Error::make(Code::kInvalidArgument, "cannot allocate a terminal for a detached process")
        .hint("give --console-socket, or set process.terminal to false");
  }
  if (!console_socket.empty() && !(terminal && detached)) {
    return Error::make(Code::kInvalidArgument, "--console-socket is only for a detached process with a terminal");
  }
  return {};
}

Result<NewContainer> NewContainer::create(const Globals& globals, const CreateRequest& given, const Signals& signals) {
  auto request = given;
  TRY(oci::check_id("container", request.id));
  request.bundle = absolute(request.bundle);
  auto spec = TRY(oci::load_bundle(request.bundle));
  if (spec.process().args().empty()) {
    return Error::make(Code::kInvalidArgument, concat(request.bundle, "/config.json: process.args is missing"))
        .hint("give the program that the container is to run");
  }
  if (request.console.empty()) TRY(check_console(spec.process().terminal(), request.detached, request.console_socket));
  sweep(globals);
  NewContainer out(TRY(make_place(globals, request.id)), describe(globals, request, spec));
  out.companion_ = TRY(find_companion(globals, request.id, spec));
  out.console_size_ = {spec.process().consolesize().width(), spec.process().consolesize().height()};
  TRY(out.build(globals, request, spec, signals));
  return out;
}

Result<> NewContainer::build(const Globals& globals, const CreateRequest& request, const grpc::Spec& spec,
                             const Signals& signals) {
  TRY(place().save(record_));
  TRY(companion_ ? join(*companion_, place(), record_) : launch_shim(globals));
  auto streams = TRY(make_streams(place(), "", record_.terminal));
  shim_ = TRY(ShimClient::connect(place().socket(), request.id));
  TRY(spawn_standin(request, spec, streams));
  TRY(place().save(record_));
  auto paths = streams.paths;
  TRY(call(signals, [&] { return shim_->create(record_.bundle, paths, record_.standin.pid, request.no_new_keyring); }));
  log::debug("create", "created", {{"container", record_.id}, {"shim", concat(record_.shim.pid)}});
  return {};
}

Result<> NewContainer::launch_shim(const Globals& globals) {
  auto shim_stderr = TRY(sys::open(place().shim_stderr(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  task::ShimLaunch launch;
  launch.id = record_.id;
  launch.sandbox_id = record_.sandbox_id;
  launch.name_space = "oci";
  launch.bundle = record_.bundle;
  launch.socket = place().socket();
  launch.config = globals.config;
  // Engines that ask for JSON read the file to learn why a command failed, and podman expects a single
  // object in it: only errors go there then, unless all is asked for.
  if (globals.log_format == "text" || globals.debug) launch.log = globals.log;
  launch.log_format = globals.log_format;
  launch.log_stream = shim_stderr.get();
  launch.systemd_cgroup = globals.systemd_cgroup;
  launch.debug = globals.debug;
  auto child = TRY(task::launch_shim(launch));
  record_.shim = TRY(mark_process(child.pid));
  return place().save(record_);
}

Result<> NewContainer::spawn_standin(const CreateRequest& request, const grpc::Spec& spec, Streams& streams) {
  StandinPlan plan;
  plan.id = request.id;
  plan.detached = request.detached;
  UniqueFd console;
  if (record_.terminal) console = TRY(choose_console(plan, request.console_socket, request.console, console_size_));
  streams.paths.lf_only = plan.mode == StandinMode::kTerminal;
  plan.arguments = {spec.process().args().begin(), spec.process().args().end()};
  plan.where = TRY(namespaces_of_container(spec, terminal_of(plan)));
  standin_ = std::make_unique<Standin>(TRY(Standin::spawn(plan, place().socket(), streams)));
  record_.standin = TRY(mark_process(standin_->pid()));
  return {};
}

Result<> NewContainer::call(const Signals& signals, const std::function<Result<>()>& what) {
  auto abort = TRY(AbortOnSignal::watch(
      signals, [this](int number) { shim_->abandon(concat("interrupted by ", signal_name(number))); }));
  auto done = what();
  if (!done) return explain_shim(done.error(), place(), record_);
  return {};
}

Result<> NewContainer::start(const Signals& signals) {
  TRY(call(signals, [this] { return shim_->start({}); }));
  log::debug("start", "started", {{"container", record_.id}});
  return {};
}

Result<> NewContainer::announce(const CreateRequest& request) const {
  TRY(write_pid(request.pid_file, record_.standin.pid));
  return send_pidfd(request.pidfd_socket, standin_->pidfd());
}

Result<> NewContainer::go() {
  TRY(standin_->go());
  place_.lock.release();
  return {};
}

void NewContainer::keep() {
  undo_ = false;
  if (standin_) standin_->release();
  standin_.reset();
}

Result<> NewContainer::remove() {
  undo_ = false;
  standin_.reset();
  shim_.reset();
  if (!place_.lock.holds()) {
    place_.lock = TRY(PlaceLock::hold(place().root(), place().directory(), PlaceLock::Creation::kBreakOff));
  }
  if (!place_.lock.holds()) return {};  // somebody else has removed it
  return tear_down(place(), record_, true);
}

NewContainer::NewContainer(NewContainer&& other) noexcept
    : place_(std::move(other.place_)),
      record_(std::move(other.record_)),
      companion_(std::move(other.companion_)),
      console_size_(other.console_size_),
      shim_(std::move(other.shim_)),
      standin_(std::move(other.standin_)),
      undo_(std::exchange(other.undo_, false)) {}

NewContainer::~NewContainer() {
  if (undo_) ignore(remove());  // what led here is the error to tell
}

}  // namespace kata::cli
