#include "agent/network/network.h"
#include "agent/rpc/agent_calls.h"
#include "lib/base/log.h"

namespace kata::agent {

Result<Empty> AgentCalls::create_container(const Context& /*context*/, const grpc::CreateContainerRequest& request) {
  TRY(sandbox_.create_container(request));
  return Empty();
}

Result<Empty> AgentCalls::start_container(const Context& /*context*/, const grpc::StartContainerRequest& request) {
  TRY(TRY(sandbox_.find(request.container_id()))->start());
  loopback_.may_listen_soon();
  return Empty();
}

Result<Empty> AgentCalls::remove_container(const Context& /*context*/, const grpc::RemoveContainerRequest& request) {
  TRY(sandbox_.remove_container(request.container_id()));
  return Empty();
}

Result<Empty> AgentCalls::update_container(const Context& /*context*/, const grpc::UpdateContainerRequest& request) {
  TRY(sandbox_.update_container(request.container_id(), request.resources()));
  return Empty();
}

Result<grpc::StatsContainerResponse> AgentCalls::stats_container(const Context& /*context*/,
                                                                 const grpc::StatsContainerRequest& request) {
  auto response = TRY(TRY(sandbox_.find(request.container_id()))->stats());
  auto network = network::interface_stats();  // of the sandbox: its containers share the network
  if (!network.ok()) log::warning("stats", network.error().message());
  for (auto& stats : std::move(network).value_or(std::vector<grpc::NetworkStats>())) {
    *response.add_network_stats() = std::move(stats);
  }
  return response;
}

Result<Empty> AgentCalls::pause_container(const Context& /*context*/, const grpc::PauseContainerRequest& request) {
  TRY(TRY(sandbox_.find(request.container_id()))->pause());
  return Empty();
}

Result<Empty> AgentCalls::resume_container(const Context& /*context*/, const grpc::ResumeContainerRequest& request) {
  TRY(TRY(sandbox_.find(request.container_id()))->resume());
  return Empty();
}

}  // namespace kata::agent
