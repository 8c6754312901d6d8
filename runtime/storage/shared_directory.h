// The directory of a pod that its guest can mount: every rootfs and volume is bound below it.
//
//   <base>/<sandbox id>/mounts   the places: plain directories and files, writable by us
//   <base>/<sandbox id>/shared   the same directory bound once more, read-only and unbindable: what the
//                                VMM exports, with the volumes mounted on the places
//   <base>/<sandbox id>/root     or it is in here, a tmpfs that its server can have for its root file system
// So the guest writes into volumes, and nowhere else on the host. The mounts live in the caller's mount
// namespace and go with it; all is in the journal as well.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/runtime_directory.h"
#include "runtime/journal/journal.h"

namespace kata::storage {

inline std::string shared_base() { return sys::runtime_directory() + "/kata-containers/shared/sandboxes"; }
// Where the agent mounts it; upstream's path, which its agents expect.
inline constexpr char kGuestShared[] = "/run/kata-containers/shared/containers";
// Below it, where the agent puts copies that follow their source; upstream's path too. The guest may not make it
// itself.
inline constexpr char kFollowedPlace[] = "watchable";
// And where it mounts each volume of it for all containers: one mount, and so one file system, for each share.
inline constexpr char kGuestVolumes[] = "/run/kata-containers/volumes";
// A driver option of such a storage: a place in it where another file system begins, which is to be one, too.
inline constexpr char kSubmountOption[] = "io.katacontainers.fs-opt.submount=";
// And one of the whole directory's: how many descriptors its server may have.
inline constexpr char kDescriptorsOption[] = "io.katacontainers.fs-opt.descriptors=";
inline constexpr char kSharedTag[] = "kataShared";

// For who needs one in a pod that was started without.
Error no_shared_directory();

// One thing that is shared.
struct Share {
  std::string name;             // of it, in the directory
  std::vector<uint64_t> steps;  // the journal's numbers
  bool empty() const { return steps.empty(); }
};

// Thread-safe as long as names differ. The journal outlives it.
class SharedDirectory {
 public:
  enum class Server { kHasItsRoot, kNeedsRoot };
  static Result<std::unique_ptr<SharedDirectory>> create(const std::string& base, const std::string& sandbox_id,
                                                         Server server, journal::Journal& journal);

  const std::string& exported() const { return exported_; }
  const std::string& root() const { return root_; }  // empty: the server needs none

  // Its own directories, to which nothing was added yet, get this context of SELinux's.
  Result<> set_context(const std::string& context) const;

  // Makes the directory or file of a tree (sys::clone_tree) appear as `name`, which may have one directory in front
  // ("<container>/rootfs"). Whatever failed half way is undone.
  Result<Share> add(int tree, const std::string& name);
  // The mount itself and not those below it, from now on. Waits a moment for who has a file of it open for writing.
  Result<> make_read_only(const Share& share) const;
  // Takes it away again, for which who serves the guest has a moment to let go of it: then what it was of is free when
  // this returns. Errors are logged: nothing that the caller could do better.
  void remove(const Share& share);

 private:
  SharedDirectory(journal::Journal& journal, const std::string& top, Server server);
  Result<> make();
  Result<> make_root();
  Result<> add_steps(int tree, Share& share);
  Result<> make_place(bool directory, Share& share);

  journal::Journal& journal_;
  std::string root_;
  std::string places_;
  std::string exported_;
};

}  // namespace kata::storage
