// A pod: its machine, its shared directory, its containers, its journal. One owner, one writer of its state.
//
// Made empty; the first create() boots the machine. All operations are thread-safe and may block; the lock is
// never held across a call to the agent. An operation in the wrong state is kFailedPrecondition and names the
// state, an unknown container or process is kNotFound.
//
// When the machine ends by itself, every process that has not stopped stops with 137 and its cause.
// Taking a pod down needs no help from the guest.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/driver.h"
#include "lib/base/mutex.h"
#include "runtime/accelerator/probe.h"
#include "runtime/cgroups/pod_cgroups.h"
#include "runtime/config/config.h"
#include "runtime/journal/journal.h"
#include "runtime/machine/machine.h"
#include "runtime/network/network.h"
#include "runtime/resources/limits.h"
#include "runtime/sandbox/container.h"
#include "runtime/sandbox/events.h"
#include "runtime/sandbox/threads.h"
#include "runtime/storage/disks.h"
#include "runtime/storage/shared_directory.h"
#include "runtime/virtiofsd/daemon.h"

namespace kata {

inline constexpr char kRunDirectory[] = "/run/kata";

struct SandboxOptions {
  std::string id;
  std::string name_space;                     // containerd's, for logging programs
  std::string run_directory = kRunDirectory;  // <run_directory>/<id>: journal, state.json, vm/
  std::string shared_base = storage::kSharedBase;
  std::string config;           // configuration file; empty: the default search
  bool systemd_cgroup = false;  // systemd's driver for a container that names no cgroup
  bool debug = false;
  const hypervisor::Driver* driver = nullptr;  // outlives the sandbox; null: the one that the configuration names
  Publish publish;                             // may be empty
};

// Where a sandbox journals, and below which paths it does so: for the sweep after a crash.
std::string journal_path(const std::string& run_directory, const std::string& id);
std::vector<std::string> journal_roots(const std::string& run_directory, const std::string& shared_base,
                                       const std::string& bundle);

struct ProcessStatus {
  std::string bundle;
  Life life;
  pid_t pid = 0;
  Stdio stdio;
};

// A part of a pod's start.
struct Phase {
  std::string_view name;
  double milliseconds = 0;
};

class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();  // shut_down()
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // The pid that is reported for the container: its stand-in's, else the VMM's.
  Result<pid_t> create(const CreateRequest& request);
  // `exec` is empty for the container's first process, here and below.
  Result<pid_t> start(const std::string& id, const std::string& exec);
  Result<ProcessStatus> state(const std::string& id, const std::string& exec) const;
  // Of a stopped process, or of a container that was never started. Also returns its pid.
  struct Deleted {
    pid_t pid = 0;
    ExitInfo exit;
  };
  Result<Deleted> remove(const std::string& id, const std::string& exec);
  Result<> pause(const std::string& id);
  Result<> resume(const std::string& id);
  Result<> kill(const std::string& id, const std::string& exec, uint32_t signal, bool all);
  Result<> exec(const std::string& id, const std::string& exec, grpc::Process spec, Stdio stdio, pid_t standin);
  Result<> resize(const std::string& id, const std::string& exec, uint32_t rows, uint32_t columns);
  Result<> close_stdin(const std::string& id, const std::string& exec);
  Result<> update(const std::string& id, grpc::LinuxResources resources);
  Result<ExitInfo> wait(const std::string& id, const std::string& exec);
  Result<grpc::StatsContainerResponse> stats(const std::string& id);
  Result<std::vector<pid_t>> pids(const std::string& id) const;

  bool empty() const;      // no containers
  bool untouched() const;  // and there never was one
  // Where the time until now went: "shim", "VMM", "kernel", …. Asks the guest for its part, which costs it time of its
  // own.
  std::vector<Phase> timing();
  // Ends the machine and removes everything from the host. Idempotent; errors are logged.
  void shut_down();

 private:
  using ContainerPtr = std::shared_ptr<Container>;

  // create.cc
  Result<ContainerPtr> reserve(const CreateRequest& request);
  Result<> create_steps(const CreateRequest& request, Container& container);
  Result<> prepare(const CreateRequest& request, const storage::Plan& plan, Container& container);
  Result<> create_in_guest(Container& container, grpc::Spec spec, const storage::Plan& plan);
  Result<> run_create_hooks(const Container& container);
  Result<> watch_process(const ContainerPtr& container, const std::shared_ptr<Process>& process);
  void watch_standin(const std::shared_ptr<Process>& process);
  void undo_create(Container& container);
  void score_machine(const Container& container, const grpc::Spec& spec);

  // boot.cc
  Result<> open_directory();
  Result<> configure(const CreateRequest& request, const grpc::Spec& spec);
  Result<> boot(const CreateRequest& request, const grpc::Spec& spec, const storage::Plan& plan, bool pod);
  void choose_template();
  bool cloned() const { return clone_.has_value(); }
  Result<> enter_guest(const grpc::Spec& spec, const storage::Plan& plan);
  void follow_agent();
  void machine_died(const Error& cause);
  std::optional<Error> why_ended() const;

  // storage.cc
  Result<storage::Plan> plan_storage(const CreateRequest& request, const Container& container,
                                     const grpc::Spec& spec) const;
  Result<> share_files(hypervisor::VmConfig& vm);
  std::string virtiofsd_socket() const;
  Result<> start_virtiofsd();
  Result<> watch_virtiofsd();
  Error why_not_started(const Error& vmm) const;
  void add_storages(const storage::Plan& plan, grpc::CreateSandboxRequest& request) const;
  void prepare_disks();
  Result<> bring_into_guest(const storage::Plan& plan, Container& container);
  void release_storage(Container& container);

  // network.cc
  Result<> open_network(const CreateRequest& request, const grpc::Spec& spec, uint32_t vcpus);
  int network_namespace() const;  // a descriptor, or -1
  Result<> update_network();
  void follow_network();

  // resources.cc
  void announce(Container& container, const grpc::Spec& spec);
  void count(Container& container, const grpc::LinuxResources& resources);
  hypervisor::MachineSize wanted_size() const;
  Result<> make_room(Container& container, const grpc::Spec& spec);
  void give_room_back(const std::string& container);
  Result<> fit_machine(hypervisor::MachineSize wanted);
  Result<> use_in_guest(hypervisor::MachineSize& wanted);

  // cgroups.cc
  Result<> enter_cgroups(const grpc::Spec& spec);
  void settle_cgroups();
  void place_processors();
  cgroups::Limits host_limits(uint64_t memory_mib) const;
  void limit_on_host(uint64_t memory_mib);
  Error explain_end(const Error& cause);
  void tell_oom(const std::string& id);  // oom.cc

  // sandbox.cc
  Result<ContainerPtr> find(const std::string& id) const;
  Result<std::shared_ptr<Process>> find_process(const std::string& id, const std::string& exec) const;
  Result<AgentClient*> agent() const;
  Result<> start_exec(Container& container, const std::string& exec);
  Result<> start_first(Container& container);
  Result<Deleted> remove_exec(Container& container, const std::string& exec);
  Result<Deleted> remove_container(const ContainerPtr& container);
  Result<> claim(Container& container, std::string_view operation);
  void process_ended(Container& container, Process& process);
  pid_t reported_pid(const Process& process) const;
  void publish(const Event& event) const;

  // state_file.cc
  void write_state() const;

  SandboxOptions options_;
  config::Config config_;
  const hypervisor::Driver* driver_ = nullptr;  // set by configure()
  accelerator::Choice choice_{};
  std::string directory_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<cgroups::PodCgroups> cgroups_;  // guarded by fitting_ once the machine runs
  std::optional<hypervisor::VmConfig> clone_;     // the machine that goes on from a template; nothing: it boots
  storage::SharedFs shared_fs_ = storage::SharedFs::k9p;
  std::unique_ptr<storage::SharedDirectory> shared_;
  std::unique_ptr<virtiofsd::Daemon> virtiofsd_;
  std::unique_ptr<network::Network> network_;  // null: the guest has its loopback only
  std::vector<hypervisor::Nic> nics_;          // of the boot
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<storage::Disks> disks_;
  bool in_guest_ = false;  // the agent has made the sandbox
  std::chrono::steady_clock::time_point born_ = std::chrono::steady_clock::now();
  mutable Mutex times_mutex_;
  std::vector<std::pair<std::string, double>> times_;  // what happened when, ms since born_
  double elapsed() const;                              // ms since born_
  void mark(std::string what);
  struct GuestTimes;
  std::optional<GuestTimes> ask_guest_for_times();

  resources::Demands demands_;
  Mutex fitting_;  // one change of the machine's size at a time, with its calls to the VMM and the agent
  hypervisor::MachineSize size_;
  std::atomic<uint64_t> limited_mib_ = 0;  // the most memory that the host's limit has allowed for
  bool takes_processors_ = true;           // until the guest did not

  mutable Mutex mutex_;
  std::optional<int64_t> lowest_score_;  // of the workloads' OOM scores
  bool booting_ = false;
  bool ended_ = false;  // shut down, or the machine is gone
  std::optional<Error> cause_;
  std::map<std::string, ContainerPtr> containers_;
  mutable Mutex state_file_mutex_;

  Threads threads_;  // last: joined first
};

}  // namespace kata
