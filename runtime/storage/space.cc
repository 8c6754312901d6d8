#include "runtime/storage/space.h"

#include <sys/statfs.h>

#include <cerrno>

namespace kata::storage {

Result<Space> space_of(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) < 0) return Error::sys(errno, "statfs", path);
  auto block = static_cast<uint64_t>(info.f_bsize);
  return Space{static_cast<uint64_t>(info.f_type), block, block * info.f_blocks};
}

}  // namespace kata::storage
