#include "agent/container/rootfs/copy_tree.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "lib/base/unique_fd.h"
#include "lib/sys/at.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

struct Entry {
  int from;
  int to;
  const char* name;
  struct stat info;
};

Result<> copy_file(const Entry& entry) {
  auto in = TRY(sys::open_at(entry.from, entry.name, O_RDONLY | O_NOFOLLOW));
  auto out = TRY(sys::open_at(entry.to, entry.name, O_WRONLY | O_CREAT | O_EXCL, 0600));
  constexpr size_t kChunk = 1U << 30U;
  while (true) {
    auto moved = ::sendfile(out.get(), in.get(), nullptr, kChunk);
    if (moved == 0) return {};
    if (moved < 0) return Error::sys(errno, "copy", entry.name);
  }
}

Result<> copy_link(const Entry& entry) {
  auto target = TRY(sys::read_link_at(entry.from, entry.name));
  if (::symlinkat(target.c_str(), entry.to, entry.name) < 0) return Error::sys(errno, "symlink", entry.name);
  return {};
}

Result<> copy_directory(const Entry& entry) {
  if (::mkdirat(entry.to, entry.name, 0700) < 0) return Error::sys(errno, "make directory", entry.name);
  auto from = TRY(sys::open_at(entry.from, entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  // Something is mounted there: its content belongs to another file system.
  if (TRY(sys::stat(from.get(), entry.name)).st_dev != entry.info.st_dev) return {};
  auto to = TRY(sys::open_at(entry.to, entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  return copy_tree(from.get(), to.get());
}

Result<> copy_node(const Entry& entry) {
  if (::mknodat(entry.to, entry.name, entry.info.st_mode, entry.info.st_rdev) < 0) {
    return Error::sys(errno, "make node", entry.name);
  }
  return {};
}

Result<> copy_entry(const Entry& entry) {
  auto mode = entry.info.st_mode;
  auto copied = S_ISREG(mode)   ? copy_file(entry)
                : S_ISLNK(mode) ? copy_link(entry)
                : S_ISDIR(mode) ? copy_directory(entry)
                                : copy_node(entry);
  if (!copied) return copied;
  if (::fchownat(entry.to, entry.name, entry.info.st_uid, entry.info.st_gid, AT_SYMLINK_NOFOLLOW) < 0) {
    return Error::sys(errno, "change owner of", entry.name);
  }
  if (!S_ISLNK(mode) && ::fchmodat(entry.to, entry.name, mode & 07777U, 0) < 0) {
    return Error::sys(errno, "change mode of", entry.name);
  }
  return {};
}

}  // namespace

Result<> copy_tree(int from, int to) {
  for (const auto& name : TRY(sys::list_directory(from, "what is copied"))) {
    TRY(copy_entry({from, to, name.c_str(), TRY(sys::lstat_at(from, name))}));
  }
  return {};
}

}  // namespace kata::agent
