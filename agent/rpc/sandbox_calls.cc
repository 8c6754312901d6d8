#include "agent/rpc/agent_calls.h"
#include "agent/rpc/guest_files.h"

namespace kata::agent {

Result<Empty> AgentCalls::create_sandbox(const Context& /*context*/, const grpc::CreateSandboxRequest& request) {
  TRY(sandbox_.create(request));
  return Empty();
}

Result<Empty> AgentCalls::destroy_sandbox(const Context& /*context*/, const grpc::DestroySandboxRequest& /*request*/) {
  sandbox_.destroy();
  return Empty();
}

Result<grpc::OOMEvent> AgentCalls::get_oom_event(const Context& /*context*/,
                                                 const grpc::GetOOMEventRequest& /*request*/) {
  grpc::OOMEvent event;
  event.set_container_id(TRY(sandbox_.oom_watcher().next()));
  return event;
}

Result<Empty> AgentCalls::update_ephemeral_mounts(const Context& /*context*/,
                                                  const grpc::UpdateEphemeralMountsRequest& request) {
  for (const auto& storage : request.storages()) TRY(sandbox_.storages().remount(storage));
  return Empty();
}

Result<Empty> AgentCalls::copy_file(const Context& /*context*/, const grpc::CopyFileRequest& request) {
  TRY(agent::copy_file(kSharedDirectory, request));
  return Empty();
}

}  // namespace kata::agent
