// What stands between a process and the host, as /proc says it: for who asks how a pod's processes are confined. Any
// thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::host_check {

struct Walls {
  pid_t pid = 0;
  std::string program;  // the first word of its command line, without directories; empty for a zombie
  uid_t user = 0;
  uint64_t capabilities = 0;  // those that it has or can get: 1 << CAP_*
  bool no_new_privileges = false;
  unsigned filters = 0;                     // of system calls
  bool own_root = false;                    // its root file system is not the caller's
  std::vector<std::string> own_namespaces;  // that are not the caller's: "mnt", "pid"
  std::string label;                        // AppArmor's profile, or SELinux's context; empty where neither is on
};

// kNotFound when there is no such process any more.
Result<Walls> walls_of(pid_t pid);
// The same of the text of /proc/<pid>/status, without what is not there.
Walls parse_status(std::string_view status);

// The process and all that descend from it, parents first.
Result<std::vector<pid_t>> descendants_of(pid_t pid);

}  // namespace kata::host_check
