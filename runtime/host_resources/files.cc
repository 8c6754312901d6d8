#include "runtime/host_resources/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/at.h"
#include "lib/sys/file.h"
#include "runtime/journal/payload.h"

namespace kata::host {

namespace {

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

Result<> remove_tree_in(int parent, const std::string& name, const std::string& path, int depth) {
  constexpr int kMaxDepth = 64;  // our own trees are three deep
  if (depth > kMaxDepth) return Error::make(Code::kInternal, concat(path, " is nested too deeply to be ours"));
  auto fd = open_plain(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (!fd) {
    if (fd.error().is_errno(ENOENT)) return {};
    if (fd.error().is_errno(ENOTDIR) || fd.error().is_errno(ELOOP)) return unlink_in(parent, name, 0, path);
    return fd.error();
  }
  Result<> outcome;
  for (const auto& child : TRY(sys::list_directory(fd->get(), path))) {
    auto removed = remove_tree_in(fd->get(), child, concat(path, "/", child), depth + 1);
    if (!removed && outcome.ok()) outcome = removed;
  }
  TRY(std::move(outcome));
  return unlink_in(parent, name, AT_REMOVEDIR, path);
}

// The path was checked against the roots when the entry was written or read.
std::string path_in(std::string_view payload) { return journal::decode(payload).value_or(std::string()); }

bool is_valid(std::string_view payload, const journal::Roots& roots) {
  return journal::parse_path(payload, roots).has_value();
}

Result<> undo_mount(std::string_view payload) { return unmount(path_in(payload)); }
Result<> undo_directory(std::string_view payload) { return remove_entry(path_in(payload), AT_REMOVEDIR); }
Result<> undo_file(std::string_view payload) { return remove_entry(path_in(payload), 0); }
Result<> undo_tree(std::string_view payload) { return remove_tree(path_in(payload)); }

}  // namespace

constexpr journal::Kind kMount{.name = "mount", .is_valid = is_valid, .undo = undo_mount};
constexpr journal::Kind kDirectory{.name = "directory", .is_valid = is_valid, .undo = undo_directory};
constexpr journal::Kind kFile{.name = "file", .is_valid = is_valid, .undo = undo_file};
constexpr journal::Kind kTree{.name = "tree", .is_valid = is_valid, .undo = undo_tree};

Result<uint64_t> record_mount(journal::Journal& journal, const std::string& path) {
  return journal.add(kMount, journal::encode(path));
}

Result<uint64_t> record_file(journal::Journal& journal, const std::string& path) {
  return journal.add(kFile, journal::encode(path));
}

Result<uint64_t> record_tree(journal::Journal& journal, const std::string& path) {
  return journal.add(kTree, journal::encode(path));
}

Result<uint64_t> make_directory(journal::Journal& journal, const std::string& path, mode_t mode) {
  auto number = TRY(journal.add(kDirectory, journal::encode(path)));
  TRY(sys::make_directory(path, mode));
  return number;
}

Result<> unmount(const std::string& path) {
  auto fd = open_plain(AT_FDCWD, path, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
  if (!fd) return is_gone(fd.error()) ? Result<>{} : Result<>{fd.error()};
  // Through the descriptor, so that nobody can swap the path; detached, because we hold it open.
  auto self = concat("/proc/self/fd/", fd->get());
  if (::umount2(self.c_str(), MNT_DETACH) == 0 || errno == EINVAL) return {};
  return Error::sys(errno, "unmount", path);
}

Result<> remove_tree(const std::string& path) {
  auto place = find_parent(path);
  if (!place) return is_gone(place.error()) ? Result<>{} : Result<>{place.error()};
  return remove_tree_in(place->parent.get(), place->name, path, 0);
}

}  // namespace kata::host
