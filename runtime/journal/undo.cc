#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "runtime/journal/journal.h"
#include "runtime/journal/text.h"
#include "runtime/systemd/scope.h"

namespace kata::journal {

namespace {

// How long a killed process may take to go: one in uninterruptible sleep ends when its I/O does.
constexpr std::chrono::seconds kEndOfProcess{10};

// openat2(2) is the only call that refuses links and mounts in every part of a path at once.
Result<UniqueFd> open_plain(int base, const std::string& path, uint64_t flags, uint64_t resolve) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = resolve;
  auto fd = static_cast<int>(::syscall(SYS_openat2, base, path.c_str(), &how, sizeof how));
  if (fd < 0) return Error::sys(errno, "open", path);
  return UniqueFd(fd);
}

bool is_gone(const Error& error) { return error.is_errno(ENOENT) || error.is_errno(ENOTDIR); }

struct Place {
  UniqueFd parent;
  std::string name;
};

Result<Place> find_parent(const std::string& path) {
  auto slash = path.rfind('/');
  auto parent = slash == 0 ? std::string("/") : path.substr(0, slash);
  auto fd = TRY(open_plain(AT_FDCWD, parent, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS));
  return Place{std::move(fd), path.substr(slash + 1)};
}

Result<> unlink_in(int parent, const std::string& name, int flags, const std::string& path) {
  if (::unlinkat(parent, name.c_str(), flags) == 0 || errno == ENOENT) return {};
  return Error::sys(errno, "remove", path);
}

Result<> remove_entry(const std::string& path, int flags) {
  auto place = find_parent(path);
  if (!place) return is_gone(place.error()) ? Result<>{} : Result<>{place.error()};
  return unlink_in(place->parent.get(), place->name, flags, path);
}

std::vector<std::string> names_in(DIR* directory) {
  std::vector<std::string> names;
  while (auto* entry = ::readdir(directory)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

Result<> remove_tree_in(int parent, const std::string& name, const std::string& path, int depth) {
  constexpr int kMaxDepth = 64;  // our own trees are three deep
  if (depth > kMaxDepth) return Error::make(Code::kInternal, concat(path, " is nested too deeply to be ours"));
  auto fd = open_plain(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (!fd) {
    if (fd.error().is_errno(ENOENT)) return {};
    if (fd.error().is_errno(ENOTDIR) || fd.error().is_errno(ELOOP)) return unlink_in(parent, name, 0, path);
    return fd.error();
  }
  auto* directory = ::fdopendir(fd->get());
  if (directory == nullptr) return Error::sys(errno, "read directory", path);
  int own = fd->release();
  Result<> outcome;
  for (const auto& child : names_in(directory)) {
    auto removed = remove_tree_in(own, child, concat(path, "/", child), depth + 1);
    if (!removed && outcome.ok()) outcome = removed;
  }
  ::closedir(directory);
  TRY(std::move(outcome));
  return unlink_in(parent, name, AT_REMOVEDIR, path);
}

Result<> remove_whole_tree(const std::string& path) {
  auto place = find_parent(path);
  if (!place) return is_gone(place.error()) ? Result<>{} : Result<>{place.error()};
  return remove_tree_in(place->parent.get(), place->name, path, 0);
}

Result<> unmount(const std::string& path) {
  auto fd = open_plain(AT_FDCWD, path, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
  if (!fd) return is_gone(fd.error()) ? Result<>{} : Result<>{fd.error()};
  // Through the descriptor, so that nobody can swap the path; detached, because we hold it open.
  auto self = concat("/proc/self/fd/", fd->get());
  if (::umount2(self.c_str(), MNT_DETACH) == 0 || errno == EINVAL) return {};
  return Error::sys(errno, "unmount", path);
}

bool same_process(const Entry& entry) {
  auto start = sys::process_start_time(entry.pid);
  return start.ok() && *start == entry.start_time;
}

Result<> end_process(const Entry& entry) {
  if (entry.pid == ::getpid() || !same_process(entry)) return {};
  auto pidfd = sys::pidfd_open(entry.pid);
  // Asked again after the descriptor holds the process: now the number cannot change hands.
  if (!pidfd || !same_process(entry)) return {};
  auto sent = sys::pidfd_signal(pidfd->get(), SIGKILL);
  if (!sent && !sent.error().is_errno(ESRCH)) return sent.error();
  if (TRY(sys::wait_for(pidfd->get(), POLLIN, kEndOfProcess))) return {};
  return Error::make(Code::kDeadlineExceeded, concat("process ", entry.pid, " does not end after SIGKILL"));
}

}  // namespace

Result<> undo(const Entry& entry) {
  switch (entry.kind) {
    case Kind::kProcess:
      return end_process(entry);
    case Kind::kMount:
      return unmount(entry.path);
    case Kind::kDirectory:
      return remove_entry(entry.path, AT_REMOVEDIR);
    case Kind::kFile:
      return remove_entry(entry.path, 0);
    case Kind::kTree:
      return remove_whole_tree(entry.path);
    case Kind::kNetwork:
      return undo_network(entry);
    case Kind::kCgroup:
      return undo_cgroup(entry);
    case Kind::kUnit:
      return systemd::stop_scope(entry.path);
  }
  return {};
}

Result<> undo_all(const std::vector<Entry>& entries) {
  Result<> outcome;
  auto undo_one = [&](const Entry& entry) {
    auto done = undo(entry);
    if (done) return;
    log::warning("journal", "cannot undo", {{"error", done.error().text()}});
    if (outcome.ok()) outcome = done;
  };
  // The shim was written first and goes first: it must not react to the end of its VMM.
  for (const auto& entry : entries) {
    if (entry.kind == Kind::kProcess) undo_one(entry);
  }
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->kind != Kind::kProcess) undo_one(*entry);
  }
  return outcome;
}

}  // namespace kata::journal
