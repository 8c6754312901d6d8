// Starting a pod's shim and talking to it: what the command line and the shim's `start` share.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/process.h"
#include "lib/ttrpc/client.h"

namespace kata::task {

// The descriptor at which the shim's program finds the socket that it serves.
inline constexpr int kShimListener = 3;

struct ShimLaunch {
  std::string id;          // the first container's
  std::string sandbox_id;  // names /run/kata/<sandbox id>
  std::string name_space;  // containerd's namespace; "oci" for the command line
  std::string bundle;
  std::string socket;              // where the shim will listen
  std::string config;              // configuration file; empty: the default search
  std::string log;                 // log file; empty: journal, syslog or stderr
  std::string log_format;          // "text" or "json"
  std::string containerd_address;  // ttrpc address for events; empty: none
  int log_stream = -1;             // becomes the shim's stderr
  bool systemd_cgroup = false;     // systemd's driver for a container that names no cgroup
  bool debug = false;
};

// containerd-shim-kata-v2 beside this executable, else its bare name, to be found in PATH.
std::string shim_path();

// Listens on the socket, spawns `containerd-shim-kata-v2` in a session of its own with the listener
// as descriptor kShimListener, and returns: connections queue until the shim accepts. The shim outlives the
// caller. Thread-safe.
Result<sys::Child> launch_shim(const ShimLaunch& launch);

Result<std::unique_ptr<ttrpc::Client>> connect_shim(const std::string& socket);

}  // namespace kata::task
