// Volumes that the host shares: one mount of the agent's for each, of which containers have copies.
//
// The kernel makes a file system of its own of each share, when somebody first walks into it, for the mount namespace
// in which that happens. So the agent walks first, and what containers copy is one file system for all of them.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent {

inline constexpr char kHostShares[] = "/run/kata-containers/shared/containers";

// Whether it is below that directory.
bool is_shared(const std::string& path);
// Whether a storage is a bind mount of something in the shared directory.
bool is_shared_volume(const grpc::Storage& storage);

// Once it is mounted: walks to the file systems that are mounted below it on the host, as the storage's driver options
// name them, so that they are one for all containers as well. What is gone by now is left alone.
void open_submounts(const grpc::Storage& storage);

// Walks into a share, so that the kernel mounts it on its name. As long as it is mounted there the name is in use: some
// kernels (6.1) tell the server to forget a share together with its name, also while containers still have it.
void enter_share(const std::string& source);

// Unmounts what the kernel mounted on `source` when somebody walked there, once no container has it. Then nothing of
// the guest holds it, and the server on the host lets go of it.
Result<> leave_share(const std::string& source);

// Makes the kernel forget the names in the shared directory that nobody uses; each is a descriptor of the server's.
void forget_shared_names();

}  // namespace kata::agent
