#include "lib/sys/pivot.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::sys {

namespace {

Result<> move_to_root() {
  // What is moved onto a shared mount becomes shared itself, whatever it was before.
  TRY(set_propagation("/", MS_PRIVATE));
  TRY(mount(".", "/", "", MS_MOVE));
  if (::chroot(".") < 0) return Error::sys(errno, "chroot");
  return {};
}

}  // namespace

Result<> pivot_to(int root) {
  auto old = TRY(open("/", O_PATH | O_DIRECTORY));
  if (::fchdir(root) < 0) return Error::sys(errno, "enter the root file system");
  if (::syscall(SYS_pivot_root, ".", ".") < 0) {
    // The initial root file system cannot be pivoted away from, but covered.
    if (errno != EINVAL) return Error::sys(errno, "pivot_root");
    TRY(move_to_root());
  } else {
    if (::fchdir(old.get()) < 0) return Error::sys(errno, "leave the old root");
    // Slave, so that taking it down here takes nothing down elsewhere.
    TRY(set_propagation(".", MS_SLAVE | MS_REC));
    if (::umount2(".", MNT_DETACH) < 0) return Error::sys(errno, "unmount the old root");
  }
  if (::chdir("/") < 0) return Error::sys(errno, "enter the new root");
  return {};
}

}  // namespace kata::sys
