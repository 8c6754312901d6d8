#include "lib/sys/file.h"

#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/at.h"
#include "lib/sys/fd.h"

namespace kata::sys {

Result<UniqueFd> open(const std::string& path, int flags, mode_t mode) { return open_at(AT_FDCWD, path, flags, mode); }

Result<UniqueFd> open_without_links(const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  for (;;) {
    UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
    if (fd) return fd;
    if (errno != EINTR && errno != EAGAIN) return Error::sys(errno, "open", path);
  }
}

Result<UniqueFd> open_at(int directory, const std::string& path, int flags, mode_t mode) {
  while (true) {
    int fd = ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) return UniqueFd(fd);
    if (errno != EINTR) return Error::sys(errno, "open", path);
  }
}

Result<std::string> read_file(const std::string& path, size_t limit) {
  auto fd = TRY(open(path, O_RDONLY));
  return read_to_end(fd.get(), limit).wrap(concat("reading ", path));
}

Result<std::string> read_regular_file(const std::string& path, size_t limit) {
  auto fd = TRY(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!S_ISREG(TRY(stat(fd.get(), path)).st_mode)) {
    return Error::make(Code::kDataLoss, concat(path, " is no regular file"));
  }
  return read_to_end(fd.get(), limit).wrap(concat("reading ", path));
}

Result<> write_file(const std::string& path, std::string_view text, mode_t mode) {
  auto fd = TRY(open(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  return write_all(fd.get(), text).wrap(concat("writing ", path));
}

Result<> write_control(const std::string& path, std::string_view text) {
  auto fd = TRY(open(path, O_WRONLY));
  auto written = write_some(fd.get(), text.data(), text.size());
  if (!written) return written.error().wrap(concat("writing \"", text, "\" to ", path));
  return {};
}

Result<> write_file_atomic(const std::string& path, std::string_view text, mode_t mode) {
  auto temporary = concat(path, ".", ::getpid(), ".tmp");
  auto cleanup = defer([&] { ::unlink(temporary.c_str()); });
  auto fd = TRY(open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
  TRY_WRAP(write_all(fd.get(), text), concat("writing ", temporary));
  if (::fsync(fd.get()) < 0) return Error::sys(errno, "fsync", temporary);
  if (::rename(temporary.c_str(), path.c_str()) < 0) return Error::sys(errno, "rename to", path);
  cleanup.dismiss();
  return {};
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_executable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

Result<> expect_readable(const std::string& path) {
  if (::access(path.c_str(), R_OK) < 0) return Error::sys(errno, "read", path);
  return {};
}

Result<struct stat> stat(const std::string& path) {
  struct stat out {};
  if (::stat(path.c_str(), &out) < 0) return Error::sys(errno, "stat", path);
  return out;
}

Result<struct stat> stat(int fd, std::string_view name) {
  struct stat out {};
  if (::fstat(fd, &out) < 0) return Error::sys(errno, "stat", name);
  return out;
}

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

Result<struct stat> lstat(const std::string& path) {
  struct stat out {};
  if (::lstat(path.c_str(), &out) < 0) return Error::sys(errno, "lstat", path);
  return out;
}

Result<std::string> read_link(const std::string& path) { return read_link_at(AT_FDCWD, path); }

Result<std::string> real_path(const std::string& path) {
  std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr), &::free);
  if (resolved == nullptr) return Error::sys(errno, "resolve", path);
  return std::string(resolved.get());
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  auto directory = TRY(open(path, O_RDONLY | O_DIRECTORY));
  return list_directory(directory.get(), path);
}

Result<> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) < 0) return Error::sys(errno, "make directory", path);
  return {};
}

Result<std::string> make_temporary_directory(const std::string& prefix) {
  auto path = prefix + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return Error::sys(errno, "make directory", path);
  return path;
}

Result<> make_directories(const std::string& path, mode_t mode) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    auto prefix = path.substr(0, at);
    if (::mkdir(prefix.c_str(), mode) < 0 && errno != EEXIST) return Error::sys(errno, "make directory", prefix);
    if (at == std::string::npos) break;
  }
  auto made = TRY(stat(path));
  if (!S_ISDIR(made.st_mode)) return Error::sys(ENOTDIR, "make directory", path);
  return {};
}

Result<> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) return Error::sys(errno, "remove", path);
  return {};
}

Result<> remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) < 0 && errno != ENOENT) return Error::sys(errno, "remove directory", path);
  return {};
}

namespace {

// A directory below `parent`, refused with EXDEV when something is mounted on it. Comparing devices would not do: a
// bind mount has the device of what it shows, and removing what is in it would remove the original.
Result<UniqueFd> open_unmounted(int parent, const std::string& name, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  auto fd = static_cast<int>(::syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how));
  if (fd >= 0) return UniqueFd(fd);
  if (errno != EXDEV) return Error::sys(errno, "open directory", path);
  return Error::sys(EXDEV, "remove", path).hint(concat("unmount what is mounted there: umount ", path));
}

Result<> remove_in(int parent, const std::string& name, const std::string& path);

Result<> empty_directory(UniqueFd fd, const std::string& path) {
  for (const auto& name : TRY(list_directory(fd.get(), path))) {
    TRY(remove_in(fd.get(), name, concat(path, "/", name)));
  }
  return {};
}

Result<> remove_in(int parent, const std::string& name, const std::string& path) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return Error::sys(errno, "remove", path);
  TRY(empty_directory(TRY(open_unmounted(parent, name, path)), path));
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return Error::sys(errno, "remove directory", path);
}

}  // namespace

Result<> remove_tree(const std::string& path) {
  auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return Error::make(Code::kInvalidArgument, concat("not removing \"", path, "\""));
  auto slash = path.rfind('/', end);
  auto parent_path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  auto name =
      path.substr(slash == std::string::npos ? 0 : slash + 1, slash == std::string::npos ? end + 1 : end - slash);
  if (name == "." || name == "..") return Error::make(Code::kInvalidArgument, concat("not removing ", path));
  auto parent = open(parent_path, O_PATH | O_DIRECTORY);
  if (!parent) return parent.error().is_errno(ENOENT) ? Result<>{} : Result<>{parent.error()};
  return remove_in(parent->get(), name, path);
}

Result<> lock_file(int fd, std::string_view name) {
  while (::flock(fd, LOCK_EX) < 0) {
    if (errno != EINTR) return Error::sys(errno, "lock", name);
  }
  return {};
}

Result<bool> try_lock_file(int fd, std::string_view name) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) return Error::sys(errno, "lock", name);
  return false;
}

}  // namespace kata::sys
