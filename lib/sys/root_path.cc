#include "lib/sys/root_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/at.h"
#include "lib/sys/file.h"

namespace kata::sys {

namespace {

constexpr int kMostLinks = 40;  // as the kernel: path_resolution(7)

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

std::string fd_path(int fd) { return concat("/proc/self/fd/", fd); }

std::string parent_of(const std::string& path) {
  auto clean = without_trailing_slashes(path);
  auto at = clean.rfind('/');
  return at == std::string::npos || at == 0 ? "/" : clean.substr(0, at);
}

std::string last_of(const std::string& path) {
  auto clean = without_trailing_slashes(path);
  auto at = clean.rfind('/');
  return at == std::string::npos ? clean : clean.substr(at + 1);
}

Result<UniqueFd> RootPath::open(const std::string& path, int flags, uint64_t resolve) const {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | resolve;
  while (true) {
    auto fd = static_cast<int>(::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how));
    if (fd >= 0) return UniqueFd(fd);
    // EAGAIN: something was renamed meanwhile and the kernel cannot be sure; openat2(2) says to retry.
    if (errno != EINTR && errno != EAGAIN) return Error::sys(errno, "open in the root file system", path);
  }
}

Result<UniqueFd> RootPath::ensure(const std::string& path, PathKind kind, int depth) const {
  auto found = open(path, O_PATH);
  if (found || !found.error().is_errno(ENOENT)) return found;
  if (depth > kMostLinks) return Error::sys(ELOOP, "make", path);
  return make_last(path, kind, depth);
}

Result<UniqueFd> RootPath::make_last(const std::string& path, PathKind kind, int depth) const {
  auto directory = TRY(ensure(parent_of(path), PathKind::kDirectory, depth + 1));
  auto name = last_of(path);
  if (name == "." || name == ".." || name.empty()) return open(path, O_PATH);
  if (kind == PathKind::kDirectory) {
    if (::mkdirat(directory.get(), name.c_str(), 0755) == 0) return open(path, O_PATH);
  } else {
    UniqueFd made(::openat(directory.get(), name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0755));
    if (made) return open(path, O_PATH);
  }
  if (errno != EEXIST) return Error::sys(errno, "make", path);
  // There, but open() did not find it: a link to nowhere. Its target is made.
  auto target = read_link_at(directory.get(), name);
  if (!target) return open(path, O_PATH);  // somebody else made it just now
  auto next = target->starts_with('/') ? *target : concat(parent_of(path), "/", *target);
  return ensure(next, kind, depth + 1);
}

Result<UniqueFd> RootPath::ensure_parent(const std::string& path) const {
  return ensure(parent_of(path), PathKind::kDirectory);
}

Result<std::string> RootPath::location(int fd) const {
  auto root = TRY(read_link(fd_path(root_)));
  auto place = TRY(read_link(fd_path(fd)));
  if (root == "/") return place;
  if (place == root) return std::string("/");
  if (place.starts_with(root + "/")) return place.substr(root.size());
  return Error::make(Code::kPermissionDenied, concat(place, " is outside of the root file system ", root));
}

}  // namespace kata::sys
