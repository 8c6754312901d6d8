// How the files of the host reach the guest.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::storage {

enum class SharedFs {
  kNone,      // not at all: volumes are copied
  k9p,        // the VMM serves them
  kVirtioFs,  // a daemon of its own serves them
};
std::string_view shared_fs_name(SharedFs kind);  // as in the configuration

// What the host can do.
struct SharedFsMeans {
  bool vmm_9p = false;
  bool vmm_virtio_fs = false;
  std::string daemon;  // virtio-fs'; empty: none
};

struct SharedFsChoice {
  SharedFs kind = SharedFs::k9p;
  std::string reason;
};

// `wanted` is the key shared_fs. "auto" follows the measurements of docs/storage.md.
Result<SharedFsChoice> choose_shared_fs(std::string_view wanted, const SharedFsMeans& means);

// What the agent mounts. `msize` (9p only, bytes): 0 is the most that the VMM takes.
grpc::Storage guest_mount(SharedFs kind, uint32_t msize);

}  // namespace kata::storage
