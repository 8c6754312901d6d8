#include "agent/container/rootfs/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "agent/container/rootfs/mount_attributes.h"
#include "agent/container/rootfs/root_path.h"
#include "lib/base/concat.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

Result<unsigned long> parse_propagation(const std::string& word) {
  if (word.empty()) return static_cast<unsigned long>(MS_SLAVE | MS_REC);
  auto flags = oci::propagation_of(word);
  if (flags == 0)
    return Error::make(Code::kInvalidArgument, concat("linux.rootfsPropagation \"", word, "\" is unknown"));
  return flags | MS_REC;
}

// pivot_root(2) refuses a new root whose parent mount is shared. The parent mount's root is the
// first directory upwards on which changing the propagation is not EINVAL.
Result<> make_parent_mount_private(std::string path) {
  while (true) {
    auto changed = sys::set_propagation(path, MS_PRIVATE);
    if (changed || !changed.error().is_errno(EINVAL) || path == "/") return changed;
    path = parent_of(path);
  }
}

Result<> move_to_root() {
  // What is moved onto a shared mount becomes shared itself, whatever it was before.
  TRY(sys::set_propagation("/", MS_PRIVATE));
  TRY(sys::mount(".", "/", "", MS_MOVE));
  if (::chroot(".") < 0) return Error::sys(errno, "chroot");
  return {};
}

}  // namespace

Result<UniqueFd> bind_root(const std::string& path, const std::string& propagation) {
  auto flags = TRY(parse_propagation(propagation));
  // Unbindable would forbid the bind mounts that are to come; "/" gets it at the end.
  if ((flags & MS_UNBINDABLE) != 0) flags = MS_PRIVATE | MS_REC;
  TRY(sys::set_propagation("/", flags));
  auto root = TRY_WRAP(sys::real_path(path), "the root file system");
  TRY(make_parent_mount_private(root));
  TRY(sys::bind_mount(root, root, true));
  return sys::open(root, O_PATH | O_DIRECTORY);
}

Result<> pivot_to(int root) {
  auto old = TRY(sys::open("/", O_PATH | O_DIRECTORY));
  if (::fchdir(root) < 0) return Error::sys(errno, "enter the root file system");
  if (::syscall(SYS_pivot_root, ".", ".") < 0) {
    // The initial root file system cannot be pivoted away from, but covered.
    if (errno != EINVAL) return Error::sys(errno, "pivot_root");
    TRY(move_to_root());
  } else {
    if (::fchdir(old.get()) < 0) return Error::sys(errno, "leave the old root");
    // Slave, so that taking it down here takes nothing down elsewhere.
    TRY(sys::set_propagation(".", MS_SLAVE | MS_REC));
    if (::umount2(".", MNT_DETACH) < 0) return Error::sys(errno, "unmount the old root");
  }
  if (::chdir("/") < 0) return Error::sys(errno, "enter the new root");
  return {};
}

Result<> finish_root(const std::string& propagation, bool readonly) {
  auto root = TRY(sys::open("/", O_PATH | O_DIRECTORY));
  if (!propagation.empty()) {
    auto flags = oci::propagation_of(propagation);
    // Everything below has what its own mount asked for; only "/" is set here.
    TRY_WRAP(set_mount_propagation(root.get(), flags & ~static_cast<unsigned long>(MS_REC)), "linux.rootfsPropagation");
  }
  oci::MountAttributes attributes;
  if (readonly) attributes.set = MOUNT_ATTR_RDONLY;
  return set_mount_attributes(root.get(), attributes).wrap("making the root file system read-only");
}

}  // namespace kata::agent
