#include "lib/sys/file.h"

#include <dirent.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/fd.h"

namespace kata::sys {

namespace {
struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
}  // namespace

Result<UniqueFd> open(const std::string& path, int flags, mode_t mode) { return open_at(AT_FDCWD, path, flags, mode); }

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

Result<struct stat> stat(const std::string& path) {
  struct stat out {};
  if (::stat(path.c_str(), &out) < 0) return Error::sys(errno, "stat", path);
  return out;
}

Result<struct stat> lstat(const std::string& path) {
  struct stat out {};
  if (::lstat(path.c_str(), &out) < 0) return Error::sys(errno, "lstat", path);
  return out;
}

Result<std::string> read_link(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  auto length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return Error::sys(errno, "readlink", path);
  target.resize(static_cast<size_t>(length));
  return target;
}

Result<std::string> real_path(const std::string& path) {
  std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr), &::free);
  if (resolved == nullptr) return Error::sys(errno, "resolve", path);
  return std::string(resolved.get());
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (directory == nullptr) return Error::sys(errno, "open directory", path);
  std::vector<std::string> names;
  while (const auto* entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

Result<> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) < 0) return Error::sys(errno, "make directory", path);
  return {};
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
  std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (directory == nullptr) return Error::sys(errno, "open directory", path);
  int at = fd.release();
  std::vector<std::string> names;
  while (const auto* entry = ::readdir(directory.get())) names.emplace_back(entry->d_name);
  for (const auto& name : names) {
    if (name != "." && name != "..") TRY(remove_in(at, name, concat(path, "/", name)));
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

}  // namespace kata::sys
