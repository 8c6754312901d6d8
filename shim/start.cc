#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/oci/json.h"
#include "lib/oci/pod.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "runtime/config/config.h"
#include "runtime/journal/run_directory.h"
#include "runtime/task/launch.h"
#include "shim/actions.h"
#include "shim/bootstrap.h"
#include "shim/companion.h"
#include "shim/socket_path.h"

namespace kata::shim {

namespace {

constexpr char kSocketDirectory[] = "/run/containerd/s";

// The bundle's log FIFO, which containerd reads. Both ends are ours and non-blocking, so that neither a
// restart of containerd nor a full pipe stops the shim.
UniqueFd open_log(const std::string& bundle) {
  auto path = bundle + "/log";
  auto info = sys::lstat(path);
  if (!info || !S_ISFIFO(info->st_mode)) return {};
  auto fd = sys::open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
  return fd ? std::move(fd).value() : UniqueFd();
}

// The file that the shim's name asks for, when nothing else says which: io.containerd.kata-fc.v2 is found as
// containerd-shim-kata-fc-v2 and means configuration-fc.toml. ConfigPath, which comes later, wins over both.
std::string configuration_of(const Options& options) {
  const char* named = std::getenv("KATA_CONF_FILE");
  if (!options.config.empty() || options.variant.empty() || (named != nullptr && *named != '\0')) return options.config;
  for (const auto& path : config::default_paths(options.variant)) {
    if (sys::exists(path)) return path;
  }
  log::warning("shim", "there is no configuration of that name; the default one is used",
               {{"wanted", concat("configuration-", options.variant, ".toml")}});
  return {};
}

// A container that is started again has an old shim, which containerd has told to end, and which gives everything back
// first.
bool ends_soon(const std::string& socket) {
  constexpr std::chrono::seconds kPatience{10};
  constexpr std::chrono::milliseconds kInterval{20};
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (sys::unix_connect(socket).ok()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kInterval);
  }
  return true;
}

Result<> launch(const Options& options, const std::string& bundle, const std::string& sandbox_id,
                const std::string& socket) {
  TRY(sys::make_directories(kSocketDirectory, 0711));
  if (!ends_soon(socket)) {
    return Error::make(Code::kAlreadyExists, concat("a shim for ", sandbox_id, " is running already"));
  }
  auto log = open_log(bundle);
  task::ShimLaunch what{.id = options.id, .sandbox_id = sandbox_id, .name_space = options.name_space};
  what.bundle = bundle;
  what.socket = socket;
  what.config = configuration_of(options);
  what.log = options.log;
  what.log_format = options.log_format;
  what.containerd_address = options.address;
  what.log_stream = log.get();
  what.debug = options.debug;
  auto child = TRY(task::launch_shim(what));
  return sys::write_file_atomic(bundle + "/shim.pid", std::to_string(child.pid), 0644);
}

Result<> join(const std::string& sandbox_id, const std::string& socket, bool for_its_network) {
  auto answers = sys::unix_connect(socket);
  if (answers) return {};
  auto error = answers.error().wrap(concat("joining sandbox ", sandbox_id, ", whose shim does not answer"));
  if (!for_its_network) return error;
  return error.hint("run both containers with the same runtime: one whose network the other uses is in its machine");
}

// containerd's sandbox API starts a shim without a container. Of ours, the pod's first container makes the machine.
Result<> has_container(const std::string& bundle) {
  if (!sys::exists(bundle) || sys::exists(bundle + "/config.json")) return {};
  return Error::make(Code::kUnimplemented,
                     concat("there is no container in ", bundle, ": this shim has no sandbox API"))
      .hint("set sandboxer = \"podsandbox\" for this runtime in containerd's configuration");
}

}  // namespace

Result<std::string> start(const Options& options) {
  auto bundle = options.bundle.empty() ? TRY(sys::real_path(".")) : options.bundle;
  TRY(oci::check_id("container", options.id));
  TRY(has_container(bundle));
  auto spec = TRY(oci::load_bundle(bundle));
  auto member = TRY(oci::membership(options.id, oci::annotations_of(spec)));
  auto sandbox_id = options.sandbox_id.empty() ? member.sandbox_id : options.sandbox_id;
  auto companion = member.joins ? std::nullopt : owner_of_network(run_directory(), options.id, spec);
  if (companion) sandbox_id = *companion;
  TRY(oci::check_id("sandbox", sandbox_id));
  auto socket = socket_path(options.address, options.name_space, sandbox_id);
  if (member.joins || companion) {
    TRY(join(sandbox_id, socket, companion.has_value()));
  } else {
    TRY(launch(options, bundle, sandbox_id, socket));
  }
  auto address = "unix://" + socket;
  TRY(sys::write_file_atomic(bundle + "/address", address, 0644));
  return start_answer(address, task_api_version(std::getenv("MAX_SHIM_VERSION")));
}

}  // namespace kata::shim
