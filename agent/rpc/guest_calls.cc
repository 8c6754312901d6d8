// Calls about what the guest has beside its containers: swap, volumes, firewall, diagnostics.
#include "agent/rpc/agent_calls.h"
#include "agent/rpc/firewall.h"
#include "agent/storage/swap.h"
#include "agent/storage/volume.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr size_t kMostOfATerminationLog = 4096;  // the kubelet reads no more
constexpr const char* kTerminationPath = "io.kubernetes.container.terminationMessagePath";

// Where the container sees its termination log, and the guest's file behind it.
Result<std::string> termination_log(const Container& container) {
  const auto& spec = container.spec();
  auto annotation = spec.annotations().find(kTerminationPath);
  std::string wanted =
      annotation == spec.annotations().end() ? std::string("/dev/termination-log") : annotation->second;
  for (const auto& mount : spec.mounts()) {
    if (mount.destination() == wanted) return std::string(mount.source());
  }
  return Error::make(Code::kNotFound, concat("container ", container.id(), " has no file at ", wanted));
}

}  // namespace

Result<Empty> AgentCalls::add_swap(const Context& /*context*/, const grpc::AddSwapRequest& request) {
  std::vector<uint32_t> slots(request.pcipath().begin(), request.pcipath().end());
  TRY(agent::add_swap(slots, sandbox_.options().hotplug_timeout));
  return Empty();
}

Result<Empty> AgentCalls::add_swap_path(const Context& /*context*/, const grpc::AddSwapPathRequest& request) {
  TRY(agent::add_swap_path(request.path()));
  return Empty();
}

Result<grpc::VolumeStatsResponse> AgentCalls::get_volume_stats(const Context& /*context*/,
                                                               const grpc::VolumeStatsRequest& request) {
  return volume_stats(request.volume_guest_path());
}

Result<Empty> AgentCalls::resize_volume(const Context& /*context*/, const grpc::ResizeVolumeRequest& request) {
  TRY(agent::resize_volume(request.volume_guest_path(), request.size()));
  return Empty();
}

Result<grpc::GetIPTablesResponse> AgentCalls::get_ip_tables(const Context& /*context*/,
                                                            const grpc::GetIPTablesRequest& request) {
  grpc::GetIPTablesResponse response;
  response.set_data(TRY(save_firewall(sandbox_.reaper(), request.is_ipv6(), firewall_directories())));
  return response;
}

Result<grpc::SetIPTablesResponse> AgentCalls::set_ip_tables(const Context& /*context*/,
                                                            const grpc::SetIPTablesRequest& request) {
  grpc::SetIPTablesResponse response;
  response.set_data(
      TRY(restore_firewall(sandbox_.reaper(), request.is_ipv6(), request.data(), firewall_directories())));
  return response;
}

Result<grpc::GetDiagnosticDataResponse> AgentCalls::get_diagnostic_data(const Context& /*context*/,
                                                                        const grpc::GetDiagnosticDataRequest& request) {
  if (request.log_type() != "termination-log") {
    return Error::make(Code::kInvalidArgument, concat("there is no diagnostic data \"", request.log_type(), "\""))
        .hint("use \"termination-log\"");
  }
  auto container = TRY(sandbox_.find(request.container_id()));
  auto text = TRY(sys::read_file(TRY(termination_log(*container))));
  grpc::GetDiagnosticDataResponse response;
  // The end is what a program said last.
  response.set_data(text.size() > kMostOfATerminationLog ? text.substr(text.size() - kMostOfATerminationLog) : text);
  return response;
}

}  // namespace kata::agent
