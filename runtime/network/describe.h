// A pod's network in the words of the agent's protocol.
#pragma once

#include "lib/proto/agent.pb.h"
#include "lib/proto/types.pb.h"
#include "runtime/network/scan.h"

namespace kata::network {

types::Interface describe(const Interface& interface);
grpc::Routes describe_routes(const Picture& picture);
grpc::ARPNeighbors describe_neighbours(const Picture& picture);

}  // namespace kata::network
