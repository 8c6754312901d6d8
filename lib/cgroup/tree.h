// Directories of a cgroup file system: making a path of them, and taking it away. Thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::cgroup {

// Whether an error says that the group was removed meanwhile.
bool is_gone(const Error& error);

// How many directories at the end of root + path do not exist yet.
unsigned missing_parts(const std::string& root, const std::string& path);

// Version 2: every directory of `path` below the mount point `root`; each gives the controllers that it has to the
// next. One that exists is success.
Result<> make_path(const std::string& root, const std::string& path);

// Version 1: the same without controllers to give; in the hierarchy of cpuset each takes its parent's processors and
// memory nodes, without which no process can enter.
Result<> make_path_v1(const std::string& root, const std::string& path, bool has_cpuset);

// Processes in it and below; none in one that is gone. A threaded group's are its domain's.
Result<std::vector<pid_t>> processes_in(const std::string& directory);

// Removes a group and those below, waiting for processes that are on their way out. One that is gone is success.
Result<> remove_group(const std::string& directory, std::chrono::milliseconds timeout);

// Whether that is a directory of a cgroup file system of either version.
bool is_group(const std::string& directory);

}  // namespace kata::cgroup
