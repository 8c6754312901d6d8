// How full a mounted volume is, and making its file system as big as its disk has become.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/proto/csi.pb.h"

namespace kata::agent {

// Bytes and inodes, as the Container Storage Interface counts them: what root alone may use is neither used nor
// available. kNotFound when nothing is there.
Result<grpc::VolumeStatsResponse> volume_stats(const std::string& path);

// `path` is where the file system is mounted; ext4, xfs and btrfs can grow while they are. The disk has that size
// already. What is as big already stays as it is; none shrinks.
Result<> resize_volume(const std::string& path, uint64_t bytes);

}  // namespace kata::agent
