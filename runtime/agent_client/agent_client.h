// The agent in the guest, typed: one function per call that the runtime makes.
//
// Thread-safe; any number of calls at once. Each call has a time-out of a base value (upstream's: 60 s,
// 30 s for a check) times the accelerator's factor, but for those that wait by nature: wait, read_output,
// write_stdin and oom_event. When the connection is lost, every call that is pending or comes later fails
// with the reason that `why_lost` gives, which is the machine's cause of death where it has one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/agent.pb.h"
#include "lib/ttrpc/client.h"
#include "runtime/agent_client/clock.h"

namespace kata {

// A process in the guest. The container's first one has its container's id for exec id, as upstream's.
struct ProcessId {
  std::string container;
  std::string exec;
};

// oom_kills: in the container until then; only for its first process. 0 from upstream's agents.
struct ProcessEnd {
  int status = 0;
  uint64_t oom_kills = 0;
};

// The guest's kernel killed something in the container for lack of memory.
struct OomKill {
  std::string container;
  uint64_t kills = 0;  // in it so far; 0 from upstream's agents
};

enum class Output { kStdout, kStderr };

// How long a call waits for its answer; never longer than the machine lives.
enum class Patience { kBrief, kLittle, kUsual, kForEver };

class AgentClient {
 public:
  struct Settings {
    int timeout_factor = 1;
    std::chrono::seconds create_container{60};
    std::function<std::optional<Error>()> why_lost;
    std::function<Result<UniqueFd>(uint32_t port)> dial;  // another connection to the agent; may be empty
  };

  AgentClient(std::unique_ptr<ttrpc::Client> connection, Settings settings);
  ~AgentClient();

  // Fails everything that is pending. Called when the machine has ended.
  void fail(const Error& cause);
  bool lost() const;

  Result<> check();
  Result<> create_sandbox(const grpc::CreateSandboxRequest& request);
  Result<> create_container(const grpc::CreateContainerRequest& request);
  Result<> start_container(const std::string& container);
  // At most 1 MiB of data at once; the agent puts the parts together.
  Result<> copy_file(const grpc::CopyFileRequest& request);
  Result<> remove_container(const std::string& container, Patience patience = Patience::kUsual);
  Result<> exec_process(const ProcessId& id, const grpc::Process& process, Patience patience = Patience::kUsual);
  Result<> signal_process(const ProcessId& id, uint32_t signal, Patience patience = Patience::kUsual);
  Result<ProcessEnd> wait_process(const ProcessId& id);
  // Whether a process that was waited for can still be read from. Upstream's agents forget it with the answer, so what
  // is to be read must be read before. Asks the agent once.
  bool forgets_waited();
  Result<> update_container(const std::string& container, const grpc::LinuxResources& resources);
  Result<grpc::StatsContainerResponse> stats_container(const std::string& container);
  Result<> pause_container(const std::string& container);
  Result<> resume_container(const std::string& container);
  Result<> resize_terminal(const ProcessId& id, uint32_t rows, uint32_t columns);

  // At most `length` bytes, at least one; kOutOfRange at the end of the stream.
  Result<std::string> read_output(const ProcessId& id, Output which, uint32_t length);
  // The workload's next write to it fails with EPIPE. kUnimplemented by upstream's agents.
  Result<> close_output(const ProcessId& id, Output which);
  Result<size_t> write_stdin(const ProcessId& id, std::string_view data);
  Result<> close_stdin(const ProcessId& id);
  // A connection that carries the rest of the stream; its end is the stream's. No call reads or writes that stream from
  // then on. Any error means that the calls above go on as before; upstream's agents have no such thing.
  Result<UniqueFd> open_output(const ProcessId& id, Output which);
  Result<UniqueFd> open_stdin(const ProcessId& id);

  // The connection that carries what goes to the loopback interfaces (lib/loopback). kUnimplemented by upstream's
  // agents.
  Result<UniqueFd> open_loopback();

  // The whole network, with every attribute. kUnimplemented by upstream's agents, which know the three calls below.
  Result<grpc::UpdateNetworkResponse> update_network(const grpc::UpdateNetworkRequest& request);
  // The guest finds the interface by its hardware address, and waits for one that is just being plugged in.
  Result<> update_interface(const types::Interface& interface);
  Result<> update_routes(const grpc::Routes& routes);  // all of them, at once
  Result<> add_neighbours(const grpc::ARPNeighbors& neighbours);

  // What the container has written for Kubernetes to show as the reason of its end: its last 4 KiB.
  Result<std::string> termination_log(const std::string& container);

  Result<grpc::GuestDetailsResponse> guest_details();
  // Uses what was plugged in: exactly so many processors, and all memory. (Upstream's agents use all processors.)
  Result<> set_online(uint32_t vcpus, bool vcpus_only);
  // Makes the guest's random numbers new ones.
  Result<> reseed(std::string_view entropy);
  // Sets the guest's clock to the host's, before programs run there.
  Result<> synchronise_clock();
  // Brings it back to the host's under running programs (clock.h). `stepped`: the host's own clock was set meanwhile.
  // For an agent that does not tell its time (upstream's) that is the only reason to set it again.
  Result<> keep_clock(bool stepped);

  // Blocks until the next one.
  Result<OomKill> oom_event();

 private:
  class Calls;
  Result<std::optional<ClockOffset>> clock_offset();  // nothing when the agent does not tell its time
  Result<> correct_clock(const ClockCorrection& correction);
  Result<> set_clock();
  Result<UniqueFd> open_stream(const ProcessId& id, grpc::OpenStreamRequest::Which which);
  Result<UniqueFd> claim(const grpc::OpenStreamResponse& announced);
  std::unique_ptr<Calls> calls_;
};

}  // namespace kata
