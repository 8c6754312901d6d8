// A pod's network in the words of the agent's protocol.
#pragma once

#include <string>
#include <vector>

#include "lib/proto/agent.pb.h"
#include "lib/proto/types.pb.h"
#include "runtime/network/scan.h"
#include "runtime/network/sysctls.h"

namespace kata::network {

// Everything, for our agent.
grpc::UpdateNetworkRequest describe(const Picture& picture, const Sysctls& sysctls);

// For upstream's agents, which take less.
types::Interface describe(const Interface& interface);
grpc::Routes describe_routes(const Picture& picture);
grpc::ARPNeighbors describe_neighbours(const Picture& picture);
// What upstream's agents cannot be told of it, each by its name.
std::vector<std::string> lost_with_upstream(const Picture& picture, const Sysctls& sysctls);

}  // namespace kata::network
