// The lines of /proc/<pid>/mountinfo: proc(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::sys {

struct MountInfo {
  int id = 0;
  int parent = 0;             // the id of the mount that it is mounted on
  std::string device;         // "98:0": the file system
  std::string root;           // which part of the file system is mounted
  std::string point;          // where
  std::string options;        // "rw,noatime"
  bool shared = false;        // what is mounted below it appears in others of its group
  bool unbindable = false;    // a recursive bind mount leaves it out, and what is mounted on it
  std::string type;           // "cgroup2"
  std::string super_options;  // "rw,cpu,cpuacct"
};

// In the order of mounting. A line of another form leaves its fields empty. Pure.
std::vector<MountInfo> parse_mountinfo(std::string_view text);

// Of the calling thread, which may be in another namespace than the process (mount_namespace.h).
Result<std::vector<MountInfo>> read_mountinfo();
// The id of the mount that a descriptor's file was found in. One of O_PATH will do.
Result<int> mount_id_of(int fd);

// Whether a list with commas has that word.
bool has_option(std::string_view list, std::string_view word);

}  // namespace kata::sys
