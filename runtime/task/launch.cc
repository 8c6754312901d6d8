#include "runtime/task/launch.h"

#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/socket.h"

namespace kata::task {

namespace {

constexpr char kShim[] = "containerd-shim-kata-v2";

std::vector<std::string> arguments(const ShimLaunch& launch) {
  std::vector<std::string> out{shim_path()};
  auto add = [&](const char* flag, const std::string& value) {
    if (value.empty()) return;
    out.emplace_back(flag);
    out.push_back(value);
  };
  add("-namespace", launch.name_space);
  add("-id", launch.id);
  add("-sandbox-id", launch.sandbox_id);
  add("-bundle", launch.bundle);
  add("-socket", launch.socket);
  add("-address", launch.containerd_address);
  add("-config", launch.config);
  add("-log", launch.log);
  add("-log-format", launch.log_format);
  if (launch.systemd_cgroup) out.emplace_back("-systemd-cgroup");
  if (launch.debug) out.emplace_back("-debug");
  return out;
}

}  // namespace

std::string shim_path() {
  auto self = sys::read_link("/proc/self/exe");
  if (self) {
    auto beside = self->substr(0, self->rfind('/') + 1) + kShim;
    if (sys::is_executable(beside)) return beside;
  }
  return kShim;
}

Result<sys::Child> launch_shim(const ShimLaunch& launch) {
  auto listener = TRY(sys::unix_listen(launch.socket));
  sys::Spawn spawn;
  spawn.argv = arguments(launch);
  spawn.directory = launch.bundle;
  spawn.err = launch.log_stream;
  spawn.descriptors = {{kShimListener, listener.get()}};
  spawn.new_session = true;
  auto child = sys::spawn(spawn);
  if (!child) ignore(sys::remove_file(launch.socket));  // nobody will ever answer on it
  return std::move(child).wrap("starting the shim");
}

Result<std::unique_ptr<ttrpc::Client>> connect_shim(const std::string& socket) {
  return ttrpc::Client::create(TRY(sys::unix_connect(socket)));
}

}  // namespace kata::task
