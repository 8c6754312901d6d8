// The directory of a pod that its guest can mount: every rootfs and volume is bound below it.
//
//   <base>/<sandbox id>/mounts   the places: plain directories and files, writable by us
//   <base>/<sandbox id>/shared   the same directory bound once more, read-only and unbindable: what the
//                                VMM exports, with the volumes mounted on the places
// So the guest writes into volumes, and nowhere else on the host. The mounts live in the caller's mount
// namespace and go with it; all is in the journal as well.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"

namespace kata::storage {

inline constexpr char kSharedBase[] = "/run/kata-containers/shared/sandboxes";
// Where the agent mounts it; upstream's path, which its agents expect.
inline constexpr char kGuestShared[] = "/run/kata-containers/shared/containers";
inline constexpr char kSharedTag[] = "kataShared";

// For who needs one in a pod that was started without.
Error no_shared_directory();

// The journal's numbers of what one share is made of.
using Share = std::vector<uint64_t>;

// Thread-safe as long as names differ. The journal outlives it.
class SharedDirectory {
 public:
  static Result<std::unique_ptr<SharedDirectory>> create(const std::string& base, const std::string& sandbox_id,
                                                         journal::Journal& journal);

  const std::string& exported() const { return exported_; }

  // Makes `source` (a directory or a file) appear as `name`, which may have one directory in front
  // ("<container>/rootfs"). Whatever failed half way is undone.
  Result<Share> add(const std::string& source, const std::string& name, bool read_only);
  // Takes it away again. Errors are logged: nothing that the caller could do better.
  void remove(const Share& share);

 private:
  SharedDirectory(journal::Journal& journal, std::string places, std::string exported);
  Result<> add_steps(const std::string& source, const std::string& name, bool read_only, Share& share);
  Result<> make_place(const std::string& name, bool directory, Share& share);

  journal::Journal& journal_;
  std::string places_;
  std::string exported_;
};

}  // namespace kata::storage
