#include "agent/container/rootfs/masked_paths.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "agent/container/rootfs/mount_attributes.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {
bool is_missing(const Error& error) { return error.is_errno(ENOENT) || error.is_errno(ENOTDIR); }
}  // namespace

Result<> mask_path(const sys::RootPath& root, const std::string& path) {
  auto found = root.open(path, O_PATH);
  if (!found) return is_missing(found.error()) ? Result<>{} : found.error().wrap(concat("masking ", path));
  auto info = TRY(sys::stat(found->get(), path));
  auto place = sys::fd_path(found->get());
  if (S_ISDIR(info.st_mode))
    return sys::mount("tmpfs", place, "tmpfs", MS_RDONLY, "size=0k").wrap(concat("masking ", path));
  return sys::bind_mount("/dev/null", place, false).wrap(concat("masking ", path));
}

Result<> make_path_readonly(const sys::RootPath& root, const std::string& path) {
  auto doing = concat("making ", path, " read-only");
  auto found = root.open(path, O_PATH);
  if (!found) return is_missing(found.error()) ? Result<>{} : found.error().wrap(doing);
  auto place = sys::fd_path(found->get());
  TRY_WRAP(sys::bind_mount(place, place, true), doing);
  auto top = TRY_WRAP(root.open(path, O_PATH), doing);
  return set_tree_attributes(top.get(), {MOUNT_ATTR_RDONLY, 0}).wrap(doing);
}

}  // namespace kata::agent
