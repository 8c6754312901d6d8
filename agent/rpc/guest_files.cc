#include "agent/rpc/guest_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::agent {

namespace {

constexpr mode_t kPermissions = 07777;

// Where the entry goes: its parent directory, open, and its name.
struct Place {
  UniqueFd parent;
  std::string name;
};

Error outside(const std::string& base, const std::string& path) {
  return Error::make(Code::kPermissionDenied, concat("\"", path, "\" is not below ", base));
}

Result<std::string> path_below(const std::string& base, const std::string& path) {
  if (!path.starts_with(base + "/")) return outside(base, path);
  auto below = path.substr(base.size());
  if (concat(below, "/").find("/../") != std::string::npos || sys::last_of(below).empty()) return outside(base, path);
  return below;
}

Result<> set_owner(const Place& place, const grpc::CopyFileRequest& request) {
  auto uid = static_cast<uid_t>(request.uid());
  auto gid = static_cast<gid_t>(request.gid());
  if (::fchownat(place.parent.get(), place.name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) == 0) return {};
  return Error::sys(errno, "change owner of", request.path());
}

Result<> copy_directory(const Place& place, const grpc::CopyFileRequest& request) {
  auto mode = request.file_mode() & kPermissions;
  if (::mkdirat(place.parent.get(), place.name.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error::sys(errno, "create directory", request.path());
  }
  TRY(set_owner(place, request));
  auto directory = TRY(sys::open_at(place.parent.get(), place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (::fchmod(directory.get(), mode) != 0) return Error::sys(errno, "change mode of", request.path());
  return {};
}

Result<> copy_link(const Place& place, const grpc::CopyFileRequest& request) {
  // Kubernetes swaps "..data" links: the new one replaces the old one in one step.
  auto temporary = place.name + ".kata-link";
  (void)::unlinkat(place.parent.get(), temporary.c_str(), 0);
  if (::symlinkat(request.data().c_str(), place.parent.get(), temporary.c_str()) != 0) {
    return Error::sys(errno, "create link", request.path());
  }
  if (::renameat(place.parent.get(), temporary.c_str(), place.parent.get(), place.name.c_str()) != 0) {
    return Error::sys(errno, "create link", request.path());
  }
  return set_owner(place, request);
}

Result<> write_at(int fd, std::string_view data, int64_t offset, const std::string& path) {
  while (!data.empty()) {
    auto written = ::pwrite(fd, data.data(), data.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error::sys(errno, "write", path);
    data.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
  return {};
}

Result<> copy_regular(const Place& place, const grpc::CopyFileRequest& request) {
  if (request.offset() < 0 || request.file_size() < 0) {
    return Error::make(Code::kInvalidArgument, concat("negative offset or size for ", request.path()));
  }
  auto temporary = place.name + ".kata-part";
  int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (request.offset() == 0 ? O_TRUNC : 0);
  auto file = TRY(sys::open_at(place.parent.get(), temporary, flags, 0600));
  TRY(write_at(file.get(), request.data(), request.offset(), request.path()));
  auto now = TRY(sys::stat(file.get(), request.path()));
  if (now.st_size < request.file_size()) return {};  // more chunks come
  if (::fchown(file.get(), static_cast<uid_t>(request.uid()), static_cast<gid_t>(request.gid())) != 0 ||
      ::fchmod(file.get(), request.file_mode() & kPermissions) != 0) {
    return Error::sys(errno, "change owner and mode of", request.path());
  }
  if (::renameat(place.parent.get(), temporary.c_str(), place.parent.get(), place.name.c_str()) != 0) {
    return Error::sys(errno, "create", request.path());
  }
  return {};
}

}  // namespace

Result<> write_resolv_conf(const std::string& path, const google::protobuf::RepeatedPtrField<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  TRY(sys::make_directories(path.substr(0, path.rfind('/'))));
  return sys::write_file(path, text);
}

Result<> copy_file(const std::string& base, const grpc::CopyFileRequest& request) {
  auto below = TRY(path_below(base, request.path()));
  TRY(sys::make_directories(base));
  auto root = TRY(sys::open(base, O_PATH | O_DIRECTORY));
  Place place{TRY(sys::RootPath(root.get()).ensure_parent(below)), sys::last_of(below)};
  switch (request.file_mode() & S_IFMT) {
    case S_IFDIR:
      return copy_directory(place, request);
    case S_IFLNK:
      return copy_link(place, request);
    case S_IFREG:
    case 0:
      return copy_regular(place, request);
    default:
      return Error::make(Code::kInvalidArgument,
                         concat(request.path(), ": only files, directories and links can be copied"));
  }
}

}  // namespace kata::agent
