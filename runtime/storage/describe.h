// What the kinds of resources put into the agent's request. `request` is the one that creates the container.
#pragma once

#include <string>

#include "lib/proto/agent.pb.h"

namespace kata::storage {

// A mount of the container, as the specification has it.
void add_mount(grpc::CreateContainerRequest& request, grpc::Mount mount);
// The same mount, but of something that the guest has at `source`.
void add_bind_mount(grpc::CreateContainerRequest& request, grpc::Mount mount, const std::string& source);
// A storage of the container, unless one with the same mount point is there.
void add_storage_once(grpc::CreateContainerRequest& request, grpc::Storage storage);

// A directory of the guest that the agent makes, and removes with the container.
grpc::Storage local_directory(const std::string& path);

}  // namespace kata::storage
