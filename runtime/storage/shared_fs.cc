#include "runtime/storage/shared_fs.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "runtime/storage/shared_directory.h"

namespace kata::storage {

namespace {

// QEMU's 9p refuses more than its 128 descriptors can carry.
constexpr uint32_t kLargest9pMessage = 512U << 10U;

// virtio-fs keeps names and attributes for a moment, which makes whatever looks at many files several times faster, and
// it has sockets and FIFOs, which QEMU 7.2's 9p cannot make. 9p is faster at small reads and writes (docs/storage.md).
SharedFsChoice choose_best(const SharedFsMeans& means) {
  if (means.vmm_virtio_fs && !means.daemon.empty()) {
    return {SharedFs::kVirtioFs, concat("the most complete one, and its daemon is at ", means.daemon)};
  }
  if (means.vmm_9p) return {SharedFs::k9p, "there is no daemon for virtio-fs on this host"};
  return {SharedFs::kNone, "the VMM can share nothing"};
}

}  // namespace

std::string_view shared_fs_name(SharedFs kind) {
  if (kind == SharedFs::kNone) return "none";
  return kind == SharedFs::k9p ? "virtio-9p" : "virtio-fs";
}

Result<SharedFsChoice> choose_shared_fs(std::string_view wanted, const SharedFsMeans& means) {
  if (wanted.empty() || wanted == "auto") return choose_best(means);
  auto refuse = [&](std::string_view why) {
    return Error::make(Code::kFailedPrecondition, concat("shared_fs = \"", wanted, "\", but ", why))
        .hint("set shared_fs = \"auto\"");
  };
  if (wanted == "none") return SharedFsChoice{SharedFs::kNone, "configured"};
  if (wanted == "virtio-9p") {
    if (!means.vmm_9p) return refuse("the VMM has no 9p");
    return SharedFsChoice{SharedFs::k9p, "configured"};
  }
  if (!means.vmm_virtio_fs) return refuse("the VMM has no virtio-fs");
  if (means.daemon.empty()) return refuse("there is no virtiofsd on this host");
  return SharedFsChoice{SharedFs::kVirtioFs, "configured"};
}

grpc::Storage guest_mount(SharedFs kind, uint32_t msize) {
  grpc::Storage storage;
  storage.set_source(kSharedTag);
  storage.set_mount_point(kGuestShared);
  storage.add_options("nodev");
  if (kind == SharedFs::kVirtioFs) {
    storage.set_driver("virtio-fs");
    storage.set_fstype("virtiofs");
    return storage;
  }
  storage.set_driver("9p");
  storage.set_fstype("9p");
  auto size = msize == 0 ? kLargest9pMessage : std::min(msize, kLargest9pMessage);
  for (const auto& option : {std::string("trans=virtio"), std::string("version=9p2000.L"), std::string("cache=mmap"),
                             concat("msize=", size)}) {
    storage.add_options(option);
  }
  return storage;
}

}  // namespace kata::storage
