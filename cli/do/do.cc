#include "cli/do/do.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "cli/container/id.h"
#include "cli/do/user_network.h"
#include "cli/output/timing.h"
#include "cli/process/foreground.h"
#include "cli/process/lifecycle.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/oci/json.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "runtime/config/config.h"

namespace kata::cli {

namespace {

// A workload that is PID 1 ignores what it has no handler for; the user waits no longer than this.
constexpr std::chrono::milliseconds kGrace{3'000};

Result<std::string> make_temporary_directory() {
  const char* base = std::getenv("TMPDIR");
  return sys::make_temporary_directory(concat(base != nullptr && *base == '/' ? base : "/tmp", "/kata-do-"));
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A drop-in that sets the size, and nothing else.
Result<std::string> size_drop_in(const config::Config& config, const DoOptions& options) {
  auto text = concat("[hypervisor.", config.hypervisor.driver->name(), "]\n");
  if (!options.memory.empty()) text += concat("default_memory = ", TRY(parse_machine_memory(options.memory)), "\n");
  if (options.cpus > 0) text += concat("default_vcpus = ", options.cpus, "\n");
  return text;
}

// The files of the configuration in force with the size's drop-in behind the others: the last one has the last word.
// The shim takes a file's path, and what lies beside that file; an annotation could be forbidden.
Result<std::string> configuration_with_size(const std::string& directory, const Globals& globals,
                                            const DoOptions& options) {
  auto config = TRY(config::load(globals.config));
  auto path = directory + "/configuration.toml";
  auto drop_ins = directory + "/config.d/";
  TRY(sys::make_directory(drop_ins));
  TRY(sys::write_file(path, config.file.empty() ? std::string() : TRY(sys::read_file(config.file))));
  size_t number = 1000;  // keeps their order
  for (const auto& drop_in : config.drop_ins) {
    auto copy = concat(drop_ins, number++, "-", base_name(drop_in));
    TRY(sys::write_file(copy, TRY(sys::read_file(drop_in))));
  }
  TRY(sys::write_file(drop_ins + "9999-do.toml", TRY(size_drop_in(config, options))));
  return path;
}

std::string etc_of(const DoOptions& options) {
  if (!options.rootfs.empty()) return absolute(options.rootfs) + "/etc";
  return config::data_directory() + "/busybox-rootfs/etc";
}

Result<> prepare_bundle(const std::string& bundle, const DoOptions& options) {
  if (!options.rootfs.empty() && !sys::exists(options.rootfs)) {
    return Error::make(Code::kNotFound, concat("--rootfs ", options.rootfs, " does not exist"));
  }
  auto spec = TRY(do_spec(options, etc_of(options)));
  if (options.net) {
    auto resolver = bundle + "/resolv.conf";
    TRY(sys::write_file(resolver, concat("nameserver ", kUserNetworkNameServer, "\n")));
    *spec.add_mounts() = TRY(parse_volume(resolver + ":/etc/resolv.conf"));
  }
  if (options.rootfs.empty()) TRY(sys::make_directory(bundle + "/rootfs"));
  return sys::write_file(bundle + "/config.json", oci::to_json(spec));
}

// Without -i the workload's input is empty, as with docker.
Result<> choose_input(const DoOptions& options) {
  if (options.interactive || options.tty) return {};
  auto null = TRY(sys::open("/dev/null", O_RDONLY));
  if (::dup2(null.get(), 0) < 0) return Error::sys(errno, "dup2");
  return {};
}

// 128 + the signal when that is what broke it off.
Result<int> run_bundle(const Globals& globals, const CreateRequest& request, const DoOptions& options,
                       const Signals& signals, Timing& timing) {
  auto container = TRY(NewContainer::create(globals, request, signals));
  timing.mark("create");
  if (options.timing) {
    auto phases = container.shim().timing();
    for (auto& phase : std::move(phases).value_or(std::vector<StartPhase>())) {
      timing.add_part_of_create(std::move(phase.name), phase.milliseconds);
    }
    timing.skip();
  }
  std::optional<UserNetwork> network;
  if (options.net) network.emplace(TRY(UserNetwork::start(container.standin().pid())));
  TRY(container.start(signals));
  TRY(container.go());
  timing.mark("start");
  ForegroundPolicy policy{kGrace, !options.interactive && !options.tty};
  auto kill = [&] { ignore(container.shim().kill({}, SIGKILL, true)); };  // its failure shows in the wait
  int code = TRY(wait_in_foreground(container.standin(), signals, policy, kill));
  timing.mark("command");
  TRY(container.remove());
  timing.mark("remove");
  return code;
}

}  // namespace

Result<int> run_do(const Globals& globals, const DoOptions& options) {
  if (options.command.empty()) {
    return Error::make(Code::kInvalidArgument, "do needs a command").hint("run kata-runtime do -- uname -a");
  }
  Timing timing;
  auto signals = TRY(Signals::block());
  auto directory = TRY(make_temporary_directory());
  auto remove = defer([&] { ignore(sys::remove_tree(directory)); });  // in /tmp, and there is nobody to tell
  CreateRequest request;
  request.id = TRY(random_id("do-"));
  request.bundle = directory;
  request.owns_bundle = true;
  TRY(prepare_bundle(directory, options));
  auto sized = globals;
  if (!options.memory.empty() || options.cpus > 0) {
    sized.config = TRY(configuration_with_size(directory, globals, options));
  }
  TRY(choose_input(options));
  timing.mark("prepare");
  int code = TRY(run_bundle(sized, request, options, signals, timing));
  if (options.timing) timing.print();
  return code;
}

}  // namespace kata::cli
