// What a sandbox is told when it is made.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hypervisor/driver.h"
#include "lib/sys/mount_namespace.h"
#include "runtime/journal/run_directory.h"
#include "runtime/sandbox/events.h"
#include "runtime/storage/shared_directory.h"

namespace kata {

struct SandboxOptions {
  std::string id;
  std::string name_space;                             // containerd's, for logging programs
  std::string run_directory = kata::run_directory();  // <run_directory>/<id>: journal, state.json, vm/
  std::string shared_base = storage::shared_base();
  std::string config;           // configuration file; empty: the default search
  bool systemd_cgroup = false;  // systemd's driver for a container that names no cgroup
  bool debug = false;
  // How long a container may take to end after SIGKILL, whatever the agent says; three times that where others use its
  // machine. A guest at work needs less than a second for it, a busy host that emulates it some seconds.
  std::chrono::milliseconds killed_within{30'000};
  // Where the engine mounts what it gives to containers. Ours follows it only where the host's mounts are shared ones.
  std::shared_ptr<const sys::MountNamespace> engine_mounts;  // null: our own
  const hypervisor::Driver* driver = nullptr;  // outlives the sandbox; null: the one that the configuration names
  Publish publish;                             // may be empty
  std::function<void()> all_stopped;           // the last container has; from any thread, must not block; may be empty
  // For tests: called before each step of an operation with the step's name, in the operation's thread.
  std::function<void(std::string_view step)> at_step;
};

}  // namespace kata
