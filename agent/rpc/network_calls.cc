#include "agent/network/network.h"
#include "agent/rpc/agent_calls.h"

namespace kata::agent {

Result<grpc::UpdateNetworkResponse> AgentCalls::update_network(const Context& /*context*/,
                                                               const grpc::UpdateNetworkRequest& request) {
  return network_.update(request, sandbox_.options().hotplug_timeout);
}

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

Result<grpc::OpenStreamResponse> AgentCalls::open_loopback(const Context& /*context*/,
                                                           const grpc::OpenLoopbackRequest& /*request*/) {
  auto relay = TRY(loopback_.open());
  grpc::OpenStreamResponse response;
  response.set_key(TRY(byte_streams_.announce([relay](int connection) { carry_loopback(*relay, connection); })));
  response.set_port(sandbox_.options().stream_port);
  return response;
}

}  // namespace kata::agent
