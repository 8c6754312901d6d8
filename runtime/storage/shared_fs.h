// How the files of the host reach the guest.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"
#include "runtime/config/config.h"

namespace kata::storage {

enum class SharedFs {
  kNone,      // not at all: volumes are copied
  k9p,        // the VMM serves them
  kVirtioFs,  // a daemon of its own serves them
};
std::string_view shared_fs_name(SharedFs kind);  // as in the configuration

struct SharedFsChoice {
  SharedFs kind = SharedFs::k9p;
  std::string reason;
};

// The key shared_fs, what the hypervisor can do, and whether there is a daemon that can be run, decide. "auto" follows
// the measurements of docs/storage.md. This is the one place that asks whether virtio-fs is there.
Result<SharedFsChoice> choose_shared_fs(const config::Hypervisor& config);

// What the agent mounts. `msize` (9p only, bytes): 0, or more than `largest`, is `largest`: what the hypervisor takes.
grpc::Storage guest_mount(SharedFs kind, uint32_t msize, uint32_t largest);

}  // namespace kata::storage
