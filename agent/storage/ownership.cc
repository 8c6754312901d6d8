#include "agent/storage/ownership.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr mode_t kGroupDirectory = S_ISGID | S_IRWXG;
constexpr mode_t kGroupFile = S_IRGRP | S_IWGRP;

Result<unsigned> parse_option(std::string_view text, int base, std::string_view option) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  return Error::make(Code::kInvalidArgument, concat("storage option \"", option, "\" holds no number"));
}

Result<> give_one(const std::string& path, const struct stat& what, gid_t group) {
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), group) != 0) return Error::sys(errno, "change group of", path);
  if (S_ISLNK(what.st_mode)) return {};
  auto mode = (what.st_mode & 07777) | (S_ISDIR(what.st_mode) ? kGroupDirectory : kGroupFile);
  if (::chmod(path.c_str(), mode) != 0) return Error::sys(errno, "change mode of", path);
  return {};
}

// Files, then the directory: an interrupted run is seen as a mismatch of the root and done again.
Result<> give_tree(const std::string& path, gid_t group, int depth) {
  constexpr int kMaxDepth = 256;
  auto what = TRY(sys::lstat(path));
  if (S_ISDIR(what.st_mode) && depth < kMaxDepth) {
    for (const auto& name : TRY(sys::list_directory(path))) TRY(give_tree(concat(path, "/", name), group, depth + 1));
  }
  return give_one(path, what, group);
}

// "uid=" or "gid=".
Result<> give_to(const std::string& path, std::string_view option, std::string_view whom) {
  if (!option.starts_with(whom)) return {};
  auto id = TRY(parse_option(option.substr(whom.size()), 10, option));
  constexpr auto kSame = static_cast<uid_t>(-1);
  bool user = whom == "uid=";
  if (::chown(path.c_str(), user ? id : kSame, user ? kSame : id) == 0) return {};
  return Error::sys(errno, "change owner of", path);
}

}  // namespace

Result<> apply_ownership_options(const grpc::Storage& storage) {
  const auto& path = storage.mount_point();
  for (std::string_view option : storage.options()) {
    if (option.starts_with("mode=")) {
      auto mode = TRY(parse_option(option.substr(sizeof("mode=") - 1), 8, option));
      if (::chmod(path.c_str(), mode & 07777) != 0) return Error::sys(errno, "change mode of", path);
    }
    TRY(give_to(path, option, "uid="));
    TRY(give_to(path, option, "gid="));
    if (option.starts_with("fsgid=")) {
      auto group = TRY(parse_option(option.substr(sizeof("fsgid=") - 1), 10, option));
      if (::chown(path.c_str(), static_cast<uid_t>(-1), group) != 0) return Error::sys(errno, "change group of", path);
      auto what = TRY(sys::stat(path));
      if (::chmod(path.c_str(), (what.st_mode & 07777) | S_ISGID) != 0)
        return Error::sys(errno, "change mode of", path);
    }
  }
  return {};
}

Result<> apply_fs_group(const grpc::Storage& storage) {
  if (!storage.has_fs_group()) return {};
  auto group = storage.fs_group().group_id();
  auto root = TRY(sys::stat(storage.mount_point()));
  bool matches = root.st_gid == group && (root.st_mode & kGroupDirectory) == kGroupDirectory;
  if (matches && storage.fs_group().group_change_policy() == types::OnRootMismatch) return {};
  return give_tree(storage.mount_point(), group, 0);
}

}  // namespace kata::agent
