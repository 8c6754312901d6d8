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
  auto kill = TRY(sandbox_.oom_watcher().next());
  event.set_container_id(kill.container);
  event.set_kills(kill.kills);
  return event;
}

Result<Empty> AgentCalls::remove_stale_virtiofs_share_mounts(
    const Context& /*context*/, const grpc::RemoveStaleVirtiofsShareMountsRequest& /*request*/) {
  TRY(sandbox_.storages().leave_unused_shares());
  return Empty();
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
