// A container's files as a process on the host sees them that stands for the container: its root file system, with the
// volumes that are the host's where they belong. What only the guest has (its memory, its disks, its kernel's file
// systems) is an empty directory or file that cannot be written to, so that who copies something there is told so, and
// nothing lands beneath. Nothing else of the host can be seen.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/mount_namespace.h"
#include "lib/sys/root_path.h"

namespace kata::storage {

// What a resource (resource.h) is to the host.
struct HostPart {
  enum class Kind {
    kNothing,    // the container has nothing there
    kGuests,     // only the guest has it
    kHosts,      // `tree`
    kProcesses,  // the processes that are seen there are those of the stand-in's namespace
  };
  enum class ReadOnly { kNo, kTop, kAll };
  Kind kind = Kind::kGuests;
  UniqueFd tree;  // sys::clone_tree()
  ReadOnly read_only = ReadOnly::kNo;
  sys::PathKind place = sys::PathKind::kDirectory;  // what kGuests is put on, where the root has nothing yet
};

struct HostView {
  HostPart root;
  struct Mount {
    std::string destination;
    HostPart part;
  };
  std::vector<Mount> mounts;  // in the order in which they are mounted
};

// Makes `view` all that the process `pid` sees, whose mount namespace must be its own: that of this process, of
// `engine` or of the host's first process is refused. The mounts live in that namespace and end with it. What cannot be
// put in its place is left out with a warning; without a root it is an error.
Result<> show(HostView view, pid_t pid, const sys::MountNamespace* engine);

}  // namespace kata::storage
