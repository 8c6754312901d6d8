// The lines of /proc/<pid>/mountinfo: proc(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kata::sys {

struct MountInfo {
  std::string root;           // which part of the file system is mounted
  std::string point;          // where
  std::string options;        // "rw,noatime"
  std::string type;           // "cgroup2"
  std::string super_options;  // "rw,cpu,cpuacct"
};

// In the order of mounting. A line of another form leaves its fields empty. Pure.
std::vector<MountInfo> parse_mountinfo(std::string_view text);

// Whether a list with commas has that word.
bool has_option(std::string_view list, std::string_view word);

}  // namespace kata::sys
