// grpc.AgentService: what the runtime asks of the guest. One .cc file per family of calls.
#pragma once

#include "agent/network/pod_network.h"
#include "agent/rpc/byte_streams.h"
#include "agent/rpc/loopback.h"
#include "agent/rpc/sandbox.h"
#include "lib/proto/agent.ttrpc.h"

namespace kata::agent {

using google::protobuf::Empty;

// Thread-safe: calls run at the same time, and some block for as long as a process lives.
// A call of the protocol that is not here answers UNIMPLEMENTED.
class AgentCalls final : public grpc::AgentService {
 public:
  using Context = ttrpc::Context;
  template <typename T>
  using Answer = Result<T>;

  explicit AgentCalls(Sandbox& sandbox) : sandbox_(sandbox) {}

  ByteStreams& byte_streams() { return byte_streams_; }

  // container_calls.cc
  Answer<Empty> create_container(const Context&, const grpc::CreateContainerRequest&) override;
  Answer<Empty> start_container(const Context&, const grpc::StartContainerRequest&) override;
  Answer<Empty> remove_container(const Context&, const grpc::RemoveContainerRequest&) override;
  Answer<Empty> update_container(const Context&, const grpc::UpdateContainerRequest&) override;
  Answer<grpc::StatsContainerResponse> stats_container(const Context&, const grpc::StatsContainerRequest&) override;
  Answer<Empty> pause_container(const Context&, const grpc::PauseContainerRequest&) override;
  Answer<Empty> resume_container(const Context&, const grpc::ResumeContainerRequest&) override;

  // process_calls.cc
  Answer<Empty> exec_process(const Context&, const grpc::ExecProcessRequest&) override;
  Answer<Empty> signal_process(const Context&, const grpc::SignalProcessRequest&) override;
  Answer<grpc::WaitProcessResponse> wait_process(const Context&, const grpc::WaitProcessRequest&) override;

  // stream_calls.cc
  Answer<grpc::WriteStreamResponse> write_stdin(const Context&, const grpc::WriteStreamRequest&) override;
  Answer<grpc::ReadStreamResponse> read_stdout(const Context&, const grpc::ReadStreamRequest&) override;
  Answer<grpc::ReadStreamResponse> read_stderr(const Context&, const grpc::ReadStreamRequest&) override;
  Answer<Empty> close_stdin(const Context&, const grpc::CloseStdinRequest&) override;
  Answer<Empty> close_output(const Context&, const grpc::CloseOutputRequest&) override;
  Answer<grpc::OpenStreamResponse> open_stream(const Context&, const grpc::OpenStreamRequest&) override;
  Answer<Empty> tty_win_resize(const Context&, const grpc::TtyWinResizeRequest&) override;

  // network_calls.cc
  Answer<grpc::UpdateNetworkResponse> update_network(const Context&, const grpc::UpdateNetworkRequest&) override;
  Answer<types::Interface> update_interface(const Context&, const grpc::UpdateInterfaceRequest&) override;
  Answer<grpc::Routes> update_routes(const Context&, const grpc::UpdateRoutesRequest&) override;
  Answer<grpc::Interfaces> list_interfaces(const Context&, const grpc::ListInterfacesRequest&) override;
  Answer<grpc::Routes> list_routes(const Context&, const grpc::ListRoutesRequest&) override;
  Answer<Empty> add_arp_neighbors(const Context&, const grpc::AddARPNeighborsRequest&) override;
  Answer<grpc::OpenStreamResponse> open_loopback(const Context&, const grpc::OpenLoopbackRequest&) override;

  // sandbox_calls.cc
  Answer<Empty> create_sandbox(const Context&, const grpc::CreateSandboxRequest&) override;
  Answer<Empty> destroy_sandbox(const Context&, const grpc::DestroySandboxRequest&) override;
  Answer<grpc::OOMEvent> get_oom_event(const Context&, const grpc::GetOOMEventRequest&) override;
  Answer<Empty> remove_stale_virtiofs_share_mounts(const Context&,
                                                   const grpc::RemoveStaleVirtiofsShareMountsRequest&) override;
  Answer<Empty> update_ephemeral_mounts(const Context&, const grpc::UpdateEphemeralMountsRequest&) override;
  Answer<Empty> copy_file(const Context&, const grpc::CopyFileRequest&) override;

  // machine_calls.cc
  Answer<Empty> online_cpu_mem(const Context&, const grpc::OnlineCPUMemRequest&) override;
  Answer<Empty> reseed_random_dev(const Context&, const grpc::ReseedRandomDevRequest&) override;
  Answer<grpc::GuestDetailsResponse> get_guest_details(const Context&, const grpc::GuestDetailsRequest&) override;
  Answer<Empty> set_guest_date_time(const Context&, const grpc::SetGuestDateTimeRequest&) override;
  Answer<grpc::Metrics> get_metrics(const Context&, const grpc::GetMetricsRequest&) override;
  Answer<Empty> mem_hotplug_by_probe(const Context&, const grpc::MemHotplugByProbeRequest&) override;

  // guest_calls.cc
  Answer<Empty> add_swap(const Context&, const grpc::AddSwapRequest&) override;
  Answer<Empty> add_swap_path(const Context&, const grpc::AddSwapPathRequest&) override;
  Answer<grpc::VolumeStatsResponse> get_volume_stats(const Context&, const grpc::VolumeStatsRequest&) override;
  Answer<Empty> resize_volume(const Context&, const grpc::ResizeVolumeRequest&) override;
  Answer<grpc::GetIPTablesResponse> get_ip_tables(const Context&, const grpc::GetIPTablesRequest&) override;
  Answer<grpc::SetIPTablesResponse> set_ip_tables(const Context&, const grpc::SetIPTablesRequest&) override;
  Answer<grpc::GetDiagnosticDataResponse> get_diagnostic_data(const Context&,
                                                              const grpc::GetDiagnosticDataRequest&) override;

 private:
  Result<std::shared_ptr<Process>> find_process(const std::string& container, const std::string& exec_id) const;
  Answer<grpc::ReadStreamResponse> read_stream(const grpc::ReadStreamRequest& request, Stream stream);
  void stream_ended(const std::string& container, const std::string& exec_id, Stream stream);
  void forget(const std::string& container, const std::string& exec_id);

  Sandbox& sandbox_;
  ByteStreams byte_streams_;
  Loopback loopback_;
  network::PodNetwork network_;
};

}  // namespace kata::agent
