#include "agent/network/network.h"
#include "agent/rpc/agent_calls.h"

namespace kata::agent {

Result<types::Interface> AgentCalls::update_interface(const Context& /*context*/,
                                                      const grpc::UpdateInterfaceRequest& request) {
  return network::update_interface(request.interface(), sandbox_.options().hotplug_timeout);
}

Result<grpc::Routes> AgentCalls::update_routes(const Context& /*context*/, const grpc::UpdateRoutesRequest& request) {
  return network::update_routes(request.routes());
}

Result<grpc::Interfaces> AgentCalls::list_interfaces(const Context& /*context*/,
                                                     const grpc::ListInterfacesRequest& /*request*/) {
  return network::list_interfaces();
}

Result<grpc::Routes> AgentCalls::list_routes(const Context& /*context*/, const grpc::ListRoutesRequest& /*request*/) {
  return network::list_routes();
}

Result<Empty> AgentCalls::add_arp_neighbors(const Context& /*context*/, const grpc::AddARPNeighborsRequest& request) {
  TRY(network::add_neighbours(request.neighbors()));
  return Empty();
}

}  // namespace kata::agent
