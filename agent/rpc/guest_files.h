// Files of the guest that calls write: resolv.conf, and copies of the host's files.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

Result<> write_resolv_conf(const std::string& path, const google::protobuf::RepeatedPtrField<std::string>& lines);

inline constexpr const char* kSharedDirectory = "/run/kata-containers/shared/containers";

// One chunk of a file, a whole directory entry, or a symbolic link (its target is the data), by the type bits
// of file_mode. The path must be below `base`; links on the way are resolved as if `base` were the root, so
// that nothing outside is reached. A file appears under its name when its last chunk has come.
Result<> copy_file(const std::string& base, const grpc::CopyFileRequest& request);

}  // namespace kata::agent
