// The shim of one container, seen from the command line: its Task API as plain calls.
// Thread-safe as the ttrpc client is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/ttrpc/client.h"

namespace containerd::task::v2 {
class TaskClient;
}

namespace kata::cli {

enum class Status { kCreating, kCreated, kRunning, kPaused, kStopped };
std::string_view status_name(Status status);  // as in the OCI specification, and "paused"

// Where a process's stdio goes: paths of FIFOs, empty for none.
struct StreamPaths {
  bool terminal = false;
  bool lf_only = false;  // the terminal leaves a line feed alone
  std::string in, out, err;
};

struct TaskState {
  Status status = Status::kStopped;
  uint32_t pid = 0;
  uint32_t exit_status = 0;
  std::string cause;  // why the machine or the agent died
};

// containerd's Any: the type depends on the host's cgroup version.
struct TaskStats {
  std::string type;   // the Any's type
  std::string value;  // its bytes
};

// The end of a container's init process.
struct TaskEnd {
  uint64_t oom_kills = 0;  // in the container until then
};

// A part of the start of a pod: "kernel".
struct StartPhase {
  std::string name;
  double milliseconds = 0;
};

class ShimClient {
 public:
  static Result<std::unique_ptr<ShimClient>> connect(const std::string& socket, std::string id);
  ~ShimClient();

  // For calls that the guest must carry out. Generous: without KVM everything is 10 times slower.
  static constexpr std::chrono::seconds kGuestTimeout{120};

  Result<> create(const std::string& bundle, const StreamPaths& streams, pid_t standin, bool no_new_keyring);
  Result<> start(const std::string& exec_id);
  Result<> exec(const std::string& exec_id, const StreamPaths& streams, pid_t standin, const std::string& process_json);
  Result<TaskState> state(const std::string& exec_id = {});
  // Where the time of the start went, in order. Asks the guest, too.
  Result<std::vector<StartPhase>> timing();
  Result<> kill(const std::string& exec_id, int signal, bool all, std::chrono::seconds timeout = kGuestTimeout);
  Result<TaskEnd> wait_stopped(std::chrono::nanoseconds timeout);
  Result<> remove(const std::string& exec_id);
  // Ends the shim, with whatever it has or is making.
  enum class Shutdown { kWithAllContainers, kWhenEmpty };
  Result<> shut_down(Shutdown how);
  // The process that listens.
  Result<pid_t> pid();
  Result<> pause();
  Result<> resume();
  Result<> update(const std::string& resources_json);
  Result<std::vector<uint32_t>> pids();
  Result<TaskStats> stats();

  // Makes every pending and later call fail with `reason`. From any thread.
  void abandon(std::string_view reason) { client_->shut_down(reason); }

 private:
  ShimClient(std::unique_ptr<ttrpc::Client> client, std::string id);

  std::unique_ptr<ttrpc::Client> client_;
  std::unique_ptr<containerd::task::v2::TaskClient> task_;  // calls over client_
  std::string id_;
};

}  // namespace kata::cli
