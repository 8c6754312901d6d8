// The guest's network, which every container of the sandbox uses.
#pragma once

#include <chrono>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"
#include "lib/proto/types.pb.h"

namespace kata::agent::network {

Result<> set_loopback_up();

// Gives the interface with `wanted`'s hardware address its name, addresses, MTU and flags, and sets it up.
// Waits up to `hotplug` for an interface that is not there yet.
Result<types::Interface> update_interface(const types::Interface& wanted, std::chrono::milliseconds hotplug);
Result<grpc::Interfaces> list_interfaces();  // without the loopback

// Replaces every route that was configured (the kernel's own stay). Returns what there is then.
Result<grpc::Routes> update_routes(const grpc::Routes& wanted);
Result<grpc::Routes> list_routes();

Result<> add_neighbours(const grpc::ARPNeighbors& neighbours);

// Counters of each interface but the loopback.
Result<std::vector<grpc::NetworkStats>> interface_stats();

}  // namespace kata::agent::network
