#include "lib/sys/at.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <memory>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::sys {

Result<struct stat> lstat_at(int directory, const std::string& name) {
  struct stat info {};
  if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return info;
  return Error::sys(errno, "look at", name);
}

Result<std::string> read_link_at(int directory, const std::string& name) {
  std::string target(PATH_MAX, '\0');
  auto length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) return Error::sys(errno, "readlink", name);
  target.resize(static_cast<size_t>(length));
  return target;
}

Result<std::vector<std::string>> list_directory(int directory, const std::string& path) {
  auto opened = open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!opened && opened.error().is_errno(ENOENT)) return std::vector<std::string>{};
  auto own = TRY_WRAP(std::move(opened), path);
  std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(own.get()), &::closedir);
  if (listing == nullptr) return Error::sys(errno, "read directory", path);
  own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(listing.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return Error::sys(errno, "read directory", path);
  return names;
}

}  // namespace kata::sys
