// A pod: one virtual machine, what belongs to it on the host, and the containers in it.
//
// The story: a Sandbox is made empty. The first create() boots the machine (creation.h, boot.h) and makes a container
// in it. Later ones join. When all of them have stopped, the machine ends. start() runs what was created, exec()
// adds processes, wait() answers when one has ended, remove() gives back what it had. shut_down() ends whatever is
// left.
//
// What is true of the pod is plain data under one lock (pod_state.h): its life, New → Booting → Running → Ending →
// Ended, and its containers. What it consists of on the host are parts with one job each (pod_parts.h): journal,
// cgroups, size, shared files, network, machine. Every operation holds a pass while it works (gate.h). The end closes
// the gate, makes what is inside fail, waits until every pass is back, and only then takes the parts down, so nothing
// is made behind its back. What happens by itself (a process ends, the machine dies) arrives in pod_watch.h. A resource
// of the host is written to the journal before it is made, so a shim that is killed leaves nothing that its successor
// cannot undo.
#pragma once

#include <string>
#include <vector>

#include "runtime/sandbox/pod.h"
#include "runtime/sandbox/pod_watch.h"

namespace kata {

struct ProcessStatus {
  std::string bundle;
  Life life;
  pid_t pid = 0;
  Stdio stdio;
};

// Thread-safe; everything may block. An operation in the wrong state is kFailedPrecondition and names the state, an
// unknown container or process is kNotFound. When the machine ends by itself, every process that has not stopped stops
// with 137 and the machine's cause. `exec` is empty, or the container's id, for its init process.
class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();  // shut_down()
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // The pid that is reported for the container: its stand-in's, else the VMM's.
  Result<pid_t> create(const CreateRequest& request);
  Result<pid_t> start(const std::string& id, const std::string& exec);
  Result<ProcessStatus> state(const std::string& id, const std::string& exec);
  // Of a stopped process, or of a container that was never started. Also returns its pid.
  struct Deleted {
    pid_t pid = 0;
    ExitInfo exit;
  };
  Result<Deleted> remove(const std::string& id, const std::string& exec);
  Result<> pause(const std::string& id);
  Result<> resume(const std::string& id);
  enum class Signalled { kProcess, kAllOfContainer };  // all: with its init process
  Result<> kill(const std::string& id, const std::string& exec, uint32_t signal, Signalled whom);
  Result<> exec(const std::string& id, const std::string& exec, grpc::Process spec, Stdio stdio, pid_t standin);
  Result<> resize(const std::string& id, const std::string& exec, uint32_t rows, uint32_t columns);
  Result<> close_stdin(const std::string& id, const std::string& exec);
  Result<> update(const std::string& id, grpc::LinuxResources resources);
  Result<ExitInfo> wait(const std::string& id, const std::string& exec);
  Result<grpc::StatsContainerResponse> stats(const std::string& id);
  Result<std::vector<pid_t>> pids(const std::string& id);
  // Where the time of the start went. Asks the guest for its part, which costs it time of its own.
  std::vector<Phase> timing();

  bool empty() const { return pod_.containers.empty(); }  // no containers
  bool is_being_created(const std::string& id) const { return pod_.containers.is_being_created(id); }
  bool untouched() const { return pod_.life.is_new(); }  // and there never was one

  // Nobody will come for what is left: no container runs, and the bundles of all are gone.
  bool forgotten() const;
  // There are containers, and nobody has started any.
  bool waits_for_start() const;

  // Ends the machine and removes everything from the host. Whoever waits for something gets an answer. Idempotent, and
  // returns when it is done, whoever does it; errors are logged.
  void shut_down();

 private:
  struct Inside;  // an operation on a container: its pass, the pod's parts, the container
  Result<Inside> enter(const std::string& id);
  Result<> start_init(PodParts& parts, Container& container);
  Result<> start_exec(PodParts& parts, const ContainerPtr& container, const std::string& exec);
  Result<Deleted> remove_exec(PodParts& parts, const std::string& id, const std::string& exec);
  Result<Deleted> remove_container(PodParts& parts, Container& container);
  enum class MachineAfter { kEnds, kSilent, kAnswers };
  MachineAfter leave_guest(PodParts& parts, Container& container);
  void release(PodParts& parts, Container& container, MachineAfter machine);
  Result<> run_poststart_hooks(const Container& container, pid_t pid);
  void interrupt();
  void take_down(PodParts& parts);

  Pod pod_;
  PodWatch watch_{pod_};
};

}  // namespace kata
