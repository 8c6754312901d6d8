#include "agent/container/rootfs/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "agent/container/rootfs/mount_attributes.h"
#include "lib/base/concat.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/root_path.h"

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
    path = sys::parent_of(path);
  }
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
