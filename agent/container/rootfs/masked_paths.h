// Hiding and protecting parts of the root file system: linux.maskedPaths, linux.readonlyPaths.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

// A file becomes /dev/null, a directory an empty read-only tmpfs. A path that does not exist is skipped.
Result<> mask_path(const sys::RootPath& root, const std::string& path);
// The path and everything mounted below it. A path that does not exist is skipped.
Result<> make_path_readonly(const sys::RootPath& root, const std::string& path);

}  // namespace kata::agent
