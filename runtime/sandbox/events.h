// What happens to the containers of a pod, for whoever listens (containerd). They are published in the order in which
// they happened: a container is created before it starts, starts before it exits, and exits before it is deleted.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/sandbox/process.h"
#include "runtime/storage/container_storage.h"

namespace kata {

struct ContainerCreated {
  std::string container;
  std::string bundle;  // as the engine named it
  std::vector<storage::Mount> rootfs;
  Stdio stdio;
  pid_t pid = 0;
};
struct ExecAdded {
  std::string container, exec;
};
// `exec` is empty for a container's init process, here and below.
struct ProcessStarted {
  std::string container, exec;
  pid_t pid = 0;
};
struct ProcessExited {
  std::string container, exec;
  pid_t pid = 0;
  ExitInfo exit;
};
struct ContainerPaused {
  std::string container;
};
struct ContainerResumed {
  std::string container;
};
// An OOM killer struck in the container, in the guest or on the host.
struct OutOfMemory {
  std::string container;
};
struct ContainerDeleted {
  std::string container;
  pid_t pid = 0;
  ExitInfo exit;
};
using Event = std::variant<ContainerCreated, ExecAdded, ProcessStarted, ProcessExited, ContainerPaused,
                           ContainerResumed, OutOfMemory, ContainerDeleted>;

// Called from any thread; must not block. Empty: nobody listens.
using Publish = std::function<void(const Event&)>;

}  // namespace kata
