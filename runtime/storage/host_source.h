// A directory or file of the host that is to be shared, as it is when it is looked at.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "runtime/storage/mounted_parts.h"

namespace kata::storage {

struct HostSource {
  UniqueFd tree;  // sys::clone_tree(): it keeps the files, whatever becomes of the path
  struct stat info {};
  std::vector<MountedPart> parts;  // only the top's when what is mounted below is not wanted
};

// In the mount namespace of the calling thread.
Result<HostSource> look_at_source(const std::string& path, bool recursive);

}  // namespace kata::storage
