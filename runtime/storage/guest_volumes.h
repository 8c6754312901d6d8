// Volumes that live in the guest's memory: what they are on the host tells only their size and mode.
#pragma once

#include <optional>
#include <string>

#include "lib/proto/oci.pb.h"
#include "runtime/storage/container_storage.h"

namespace kata::storage {

// A tmpfs of the size that the engine gave the host's.
grpc::Storage shm_storage(const grpc::Mount& mount);

// A Kubernetes emptyDir that is the guest's: on tmpfs (medium Memory) or hugetlbfs (medium HugePages), and with
// `disks_too` any. Also when `source` is a part of one (subPath). Nothing: it is none of these.
// An error: huge pages without a limit.
Result<std::optional<GuestVolume>> empty_dir(const std::string& source, const grpc::Spec& spec, bool disks_too);

}  // namespace kata::storage
