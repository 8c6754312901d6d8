// Changes of files, as far as somebody only needs to know that there were some. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

Result<UniqueFd> inotify();  // non-blocking
// `mask` is IN_CREATE, IN_MOVED_TO, … of inotify(7).
Result<> watch_path(int inotify, const std::string& path, uint32_t mask);
// Takes everything that is pending off the descriptor.
void drain_events(int inotify);

}  // namespace kata::sys
