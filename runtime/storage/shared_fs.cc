#include "runtime/storage/shared_fs.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/user_namespace.h"
#include "runtime/storage/shared_directory.h"

namespace kata::storage {

namespace {

// virtio-fs keeps names and attributes for a moment, which makes whatever looks at many files several times faster, and
// it has sockets and FIFOs, which 9p servers may lack. 9p is faster at small reads and writes (docs/storage.md).
Result<SharedFsChoice> choose_best(const config::Hypervisor& config) {
  auto vmm = config.driver->capabilities();
  auto daemon = config::require_virtio_fs_daemon(config);
  bool runs = TRY(sys::knows_other_users());
  if (vmm.shared_virtio_fs && daemon && runs) {
    return SharedFsChoice{SharedFs::kVirtioFs, concat("the most complete one, and its daemon is at ", *daemon)};
  }
  const auto* why = vmm.shared_virtio_fs ? "there is no daemon for virtio-fs on this host" : "the VMM has no virtio-fs";
  if (vmm.shared_virtio_fs && daemon) why = "its daemon does not run where there is no other user than root";
  if (vmm.shared_9p) return SharedFsChoice{SharedFs::k9p, why};
  return SharedFsChoice{SharedFs::kNone, vmm.shared_virtio_fs ? why : "the VMM can share nothing"};
}

}  // namespace

std::string_view shared_fs_name(SharedFs kind) {
  if (kind == SharedFs::kNone) return "none";
  return kind == SharedFs::k9p ? "virtio-9p" : "virtio-fs";
}

Result<SharedFsChoice> choose_shared_fs(const config::Hypervisor& config) {
  auto vmm = config.driver->capabilities();
  auto lacks = [](std::string_view what) {
    return Error::make(Code::kFailedPrecondition, concat("shared_fs = \"", what, "\", but the VMM does not have it"))
        .hint("set shared_fs = \"auto\"");
  };
  switch (config.shared_fs) {
    case config::SharedFs::kAuto:
      break;
    case config::SharedFs::kNone:
      return SharedFsChoice{SharedFs::kNone, "configured"};
    case config::SharedFs::k9p:
      if (!vmm.shared_9p) return lacks("virtio-9p");
      return SharedFsChoice{SharedFs::k9p, "configured"};
    case config::SharedFs::kVirtioFs:
      if (!vmm.shared_virtio_fs) return lacks("virtio-fs");
      TRY(config::require_virtio_fs_daemon(config));
      return SharedFsChoice{SharedFs::kVirtioFs, "configured"};
  }
  return choose_best(config);
}

grpc::Storage guest_mount(SharedFs kind, uint32_t msize, uint32_t largest) {
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
  auto size = msize == 0 ? largest : std::min(msize, largest);
  for (const auto& option : {std::string("trans=virtio"), std::string("version=9p2000.L"), std::string("cache=mmap"),
                             std::string("posixacl"), concat("msize=", size)}) {
    storage.add_options(option);
  }
  return storage;
}

}  // namespace kata::storage
