// The Vm of QEMU: puts its parts together.
#include "hypervisor/qemu/qemu.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "hypervisor/process/console.h"
#include "hypervisor/process/environment.h"
#include "hypervisor/process/supervisor.h"
#include "hypervisor/qemu/arguments.h"
#include "hypervisor/qemu/cause.h"
#include "hypervisor/qemu/channel.h"
#include "hypervisor/qemu/clone.h"
#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/guest_memory.h"
#include "hypervisor/qemu/hot_plug.h"
#include "hypervisor/qemu/jail.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/memory.h"
#include "hypervisor/qemu/migration.h"
#include "hypervisor/qemu/processors.h"
#include "hypervisor/qemu/qmp.h"
#include "hypervisor/qemu/settings.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/sys/event_loop.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

using std::chrono::milliseconds;

// Until QEMU has read its files and set its devices up; 0.1 s on an idle machine.
constexpr milliseconds kStartTimeout{60000};
constexpr milliseconds kCommandTimeout{10000};
// The sockets of a process that ends close a little before its descriptor says so.
constexpr milliseconds kEndGrace{250};

// For all of the devices' state to be written or read; 0.1 s on an idle machine.
constexpr milliseconds kStateTimeout{60000};

// Everything of one run. Its parts are made in this order and destroyed in the opposite one.
struct Machine {
  Console console;
  Console messages;       // QEMU's own: stdout and stderr
  UniqueFd guest_memory;  // of a machine that can be saved, or that goes on from a saved one
  MemoryLoader memory_loader;
  UniqueFd console_stream;
  UniqueFd message_stream;
  std::unique_ptr<Qmp> qmp;
  std::unique_ptr<BridgeSlots> slots;
  std::unique_ptr<HotPlug> hot_plug;  // when the configuration asks for it
  std::unique_ptr<Processors> processors;
  std::unique_ptr<Memory> memory;
  Mutex resizing;
  std::unique_ptr<Supervisor> supervisor;
  std::unique_ptr<GuestChannel> channel;
  std::atomic<bool> dialled = false;  // somebody has spoken to the guest
};

// The ends that QEMU inherits; closed here once it runs.
struct ChildEnds {
  UniqueFd qmp, console, agent, messages;
  VhostVsock vsock;

  InheritedFds numbers(const VmConfig& config) const {
    InheritedFds out{qmp.get(), console.get(), agent.get(), vsock.fd.get(), vsock.cid, {}, -1};
    if (is_clone(config)) return out;
    for (const auto& nic : config.nics) {
      out.nics.insert(out.nics.end(), nic.taps.begin(), nic.taps.end());
      out.nics.insert(out.nics.end(), nic.vhost.begin(), nic.vhost.end());
    }
    return out;
  }
};

// How long a guest may take to let a device go.
milliseconds unplug_timeout(const VmConfig& config) {
  return config.accelerator == Accelerator::kTcg ? milliseconds(60000) : milliseconds(10000);
}

// A guest that takes or gives no memory for so long has done what it can.
milliseconds memory_stall(const VmConfig& config) {
  return config.accelerator == Accelerator::kTcg ? milliseconds(3000) : milliseconds(500);
}

void prepare_changes(Machine& machine, const VmConfig& config) {
  machine.slots = std::make_unique<BridgeSlots>(config.hot_plug ? qemu_settings(config).bridges : 0);
  auto unplug = unplug_timeout(config);
  machine.processors = std::make_unique<Processors>(*machine.qmp, Processors::Settings{kCommandTimeout, unplug});
  machine.memory = std::make_unique<Memory>(*machine.qmp, *machine.slots, config,
                                            Memory::Timeouts{kCommandTimeout, unplug, memory_stall(config)});
  if (!config.hot_plug) return;
  machine.hot_plug =
      std::make_unique<HotPlug>(*machine.qmp, *machine.slots, HotPlug::Timeouts{kCommandTimeout, unplug});
  if (is_clone(config)) return;
  for (const auto& nic : config.nics) {
    if (auto slot = machine.slots->take()) machine.hot_plug->started_with(nic, *slot);
  }
}

class QemuVm : public Vm {
 public:
  explicit QemuVm(VmConfig config) : config_(std::move(config)) {}
  ~QemuVm() override { ignore(QemuVm::stop()); }

  Result<> start(sys::EventLoop& loop) override;
  Result<> is_at_work(milliseconds limit) override;
  Result<> save(const std::string& directory) override;
  Result<UniqueFd> dial(uint32_t port) override;
  pid_t pid() const override;
  int exit_event() const override;
  Error cause_of_death() override;
  Result<> stop() override;
  Result<> pause() override { return command("stop"); }
  Result<> resume() override { return command("cont"); }
  Result<GuestAddress> attach(const Nic& nic) override;
  Result<GuestAddress> attach(const Disk& disk) override;
  Result<> detach(const std::string& id) override;
  Result<MachineSize> resize(MachineSize wanted) override;
  Result<std::vector<pid_t>> vcpu_threads() override;
  std::vector<std::string> console_tail() const override;
  Capabilities capabilities() const override;

 private:
  std::shared_ptr<Machine> machine() const;
  Result<std::shared_ptr<Machine>> running() const;
  Result<std::shared_ptr<Machine>> spawn(sys::EventLoop& loop) const;
  Result<> begin() EXCLUDES(mutex_);
  Result<> publish(const std::shared_ptr<Machine>& machine) EXCLUDES(mutex_);
  Result<UniqueFd> connect(Machine& machine, ChildEnds& ends) const;
  Result<> provide_memory(Machine& machine) const;
  Result<> restore(Machine& machine);
  Result<std::shared_ptr<Machine>> pluggable() const;
  template <typename T>
  Result<T> with_cause(Machine& machine, Result<T> result) const;
  Result<> command(std::string_view name);
  Error cause_of(Machine& machine, bool loading = false) const;

  const VmConfig config_;
  mutable Mutex mutex_;
  std::shared_ptr<Machine> machine_ GUARDED_BY(mutex_);  // set once
  bool begun_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

std::shared_ptr<Machine> QemuVm::machine() const {
  MutexLock lock(mutex_);
  return machine_;
}

Result<std::shared_ptr<Machine>> QemuVm::running() const {
  auto out = machine();
  if (!out) return Error::make(Code::kFailedPrecondition, "the virtual machine was not started");
  return out;
}

// Makes the socket pairs. Returns the host's end of the agent channel.
Result<UniqueFd> QemuVm::connect(Machine& machine, ChildEnds& ends) const {
  auto qmp = TRY(sys::socket_pair(SOCK_STREAM));
  machine.qmp = std::make_unique<Qmp>(std::move(qmp.first));
  ends.qmp = std::move(qmp.second);
  auto console = TRY(sys::socket_pair(SOCK_STREAM));
  machine.console_stream = std::move(console.first);
  ends.console = std::move(console.second);
  auto messages = TRY(sys::pipe());
  machine.message_stream = std::move(messages.read);
  ends.messages = std::move(messages.write);
  if (config_.channel == Channel::kVsock) {
    ends.vsock = TRY(open_vhost_vsock());
    return UniqueFd();
  }
  auto agent = TRY(sys::socket_pair(SOCK_STREAM));
  ends.agent = std::move(agent.second);
  return std::move(agent.first);
}

Result<> QemuVm::provide_memory(Machine& machine) const {
  if (!config_.savable && !is_clone(config_)) return {};
  machine.guest_memory = TRY(make_guest_memory(config_.memory_mib));
  return is_clone(config_) ? machine.memory_loader.start(machine.guest_memory.get(), config_.saved) : Result<>{};
}

Result<std::shared_ptr<Machine>> QemuVm::spawn(sys::EventLoop& loop) const {
  auto out = std::make_shared<Machine>();
  ChildEnds ends;
  auto carrier = TRY(connect(*out, ends));
  TRY(provide_memory(*out));
  sys::Spawn what;
  auto numbers = ends.numbers(config_);
  numbers.memory = out->guest_memory.get();
  what.argv = TRY(qemu_arguments(config_, numbers, architecture()));
  what.out = ends.messages.get();
  what.err = ends.messages.get();
  what.inherited = numbers.list();
  what.env = small_environment("QEMU_");
  if (config_.network_namespace >= 0) what.namespaces.joined.push_back({CLONE_NEWNET, config_.network_namespace});
  what.new_session = true;  // a terminal's Ctrl-C is for the workload
  auto jail = TRY(confine(what, config_, numbers.memory >= 0));
  prepare_changes(*out, config_);
  auto* parts = out.get();
  out->supervisor = TRY(Supervisor::start(
      loop, std::move(what),
      {{parts->console_stream.get(), [parts] { return parts->console.feed_from(parts->console_stream.get()); }},
       {parts->message_stream.get(), [parts] { return parts->messages.feed_from(parts->message_stream.get()); }},
       {parts->qmp->fd(), [parts] { return parts->qmp->receive(); }}}));
  out->channel = TRY(config_.channel == Channel::kVsock ? vsock_channel(ends.vsock.cid, out->supervisor->exit_event())
                                                        : serial_channel(std::move(carrier)));
  return out;
}

Result<> QemuVm::begin() {
  MutexLock lock(mutex_);
  if (begun_) return Error::make(Code::kFailedPrecondition, "the virtual machine was started before");
  if (stopped_) return Error::make(Code::kCancelled, "the virtual machine was stopped");
  begun_ = true;
  return {};
}

Result<> QemuVm::publish(const std::shared_ptr<Machine>& machine) {
  MutexLock lock(mutex_);
  if (stopped_) return Error::make(Code::kCancelled, "the virtual machine was stopped");
  machine_ = machine;
  return {};
}

// Without the lock while it spawns: the loop's thread, which does that, may be the one that wants to stop it.
Result<> QemuVm::start(sys::EventLoop& loop) {
  TRY(begin());
  auto started = TRY_WRAP(spawn(loop), "starting QEMU");
  TRY(publish(started));
  log::debug("qemu", "started", {{"pid", concat(started->supervisor->pid())}});
  // QEMU answers once every option was accepted and every device made; the guest runs by then.
  auto ready = started->qmp->execute("qmp_capabilities", kStartTimeout);
  if (ready) return is_clone(config_) ? restore(*started) : Result<>{};
  if (ready.error().is(Code::kDeadlineExceeded)) {
    ignore(stop());
    return ready.error().wrap("starting QEMU");
  }
  if (!ready.error().is(Code::kUnavailable)) started->supervisor->kill();
  return cause_of(*started).wrap("starting QEMU");
}

Result<> QemuVm::restore(Machine& machine) {
  auto done =
      with_cause(machine, go_on(*machine.qmp, *machine.hot_plug, config_, machine.memory_loader, kStateTimeout));
  ignore(machine.memory_loader.wait());  // after an error, it may still be at work
  machine.guest_memory.reset();          // QEMU has it
  if (!done) ignore(stop());
  return std::move(done).wrap(concat("going on from the saved machine in ", config_.saved));
}

Result<UniqueFd> QemuVm::dial(uint32_t port) {
  auto to = TRY(running());
  to->dialled = true;
  auto stream = to->channel->dial(port);
  if (stream) return stream;
  auto ended = sys::wait_for(to->supervisor->exit_event(), POLLIN, kEndGrace);
  if (ended && *ended) return cause_of(*to);
  return stream.error().wrap(concat("connecting to port ", port, " of the guest"));
}

pid_t QemuVm::pid() const {
  auto of = machine();
  return of ? of->supervisor->pid() : -1;
}

int QemuVm::exit_event() const {
  auto of = machine();
  return of ? of->supervisor->exit_event() : -1;
}

Error QemuVm::cause_of(Machine& machine, bool loading) const {
  Ending ending;
  ending.loading = loading;
  ending.status = machine.supervisor->wait();
  ending.console = machine.console.lines();
  ending.messages = machine.messages.lines();
  ending.shutdown_reason = machine.qmp->shutdown_reason();
  MutexLock lock(mutex_);
  ending.stopped = stopped_;
  return hypervisor::cause_of(ending);
}

Error QemuVm::cause_of_death() {
  auto of = running();
  return of ? cause_of(**of) : of.error();
}

Result<> QemuVm::stop() {
  std::shared_ptr<Machine> what;
  {
    MutexLock lock(mutex_);
    what = machine_;
    // Who ended by itself before is not said to have been stopped.
    if (!what || !what->supervisor->ended()) stopped_ = true;
  }
  if (!what) return {};
  what->channel->shut_down();
  what->supervisor->kill();
  what->supervisor->wait();
  return {};
}

Result<> QemuVm::command(std::string_view name) {
  auto to = TRY(running());
  auto answer = to->qmp->execute(name, kCommandTimeout);
  if (answer) return {};
  return answer.error().is(Code::kUnavailable) ? cause_of(*to).wrap(name) : answer.error();
}

// A refusal is an answer, too.
Result<> QemuVm::is_at_work(milliseconds limit) {
  auto of = TRY(running());
  auto answer = of->qmp->execute("query-status", limit);
  if (answer || !answer.error().is(Code::kDeadlineExceeded)) return {};
  return answer.error().wrap(concat("process ", of->supervisor->pid(), " does nothing"));
}

Result<> QemuVm::save(const std::string& directory) {
  if (!config_.savable) return Error::make(Code::kFailedPrecondition, "the machine was not started to be saved");
  auto of = TRY(running());
  if (of->dialled) TRY(with_cause(*of, hang_up(*of->qmp, *of->channel, kStateTimeout)));
  auto state = TRY(sys::open(directory + "/state", O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(with_cause(*of, save_state(*of->qmp, state.get(), kStateTimeout)));
  return store_guest_memory(of->guest_memory.get(), directory + "/memory");
}

Result<std::shared_ptr<Machine>> QemuVm::pluggable() const {
  auto out = TRY(running());
  if (out->hot_plug) return out;
  return Error::make(Code::kUnimplemented, "the virtual machine was started without a place for further devices");
}

// What fails because the machine has ended says why that was.
template <typename T>
Result<T> QemuVm::with_cause(Machine& machine, Result<T> result) const {
  if (result || !result.error().is(Code::kUnavailable)) return result;
  return cause_of(machine, result.error().cause() == Cause::kDamagedSavedMachine);
}

Result<GuestAddress> QemuVm::attach(const Nic& nic) {
  auto to = TRY(pluggable());
  return with_cause(*to, to->hot_plug->attach(nic)).wrap(concat("plugging the network interface ", nic.id));
}

Result<GuestAddress> QemuVm::attach(const Disk& disk) {
  auto to = TRY(pluggable());
  return with_cause(*to, to->hot_plug->attach(disk)).wrap(concat("plugging the disk ", disk.id));
}

Result<> QemuVm::detach(const std::string& id) {
  return TRY(pluggable())->hot_plug->detach(id).wrap(concat("unplugging ", id));
}

// Both are tried, whatever becomes of the first.
Result<MachineSize> QemuVm::resize(MachineSize wanted) {
  auto of = TRY(running());
  MutexLock lock(of->resizing);
  auto vcpus = of->processors->resize(std::clamp(wanted.vcpus, 1U, config_.max_vcpus));
  auto memory = of->memory->resize(std::min(wanted.memory_mib, std::max(config_.max_memory_mib, config_.memory_mib)));
  if (!vcpus) return with_cause<uint32_t>(*of, vcpus.error().wrap("changing the number of processors")).error();
  if (!memory) return with_cause<uint64_t>(*of, memory.error().wrap("changing the size of memory")).error();
  return MachineSize{*vcpus, *memory};
}

Result<std::vector<pid_t>> QemuVm::vcpu_threads() {
  auto of = TRY(running());
  MutexLock lock(of->resizing);
  return host_threads(pid(), TRY(with_cause(*of, of->processors->threads())));
}

Capabilities QemuVm::capabilities() const {
  auto out = kQemuDriver.capabilities();
  out.hot_plug_nic = out.hot_plug_disk = config_.hot_plug;
  out.resize_vcpus = config_.max_vcpus > config_.vcpus;
  out.most_vcpus = config_.max_vcpus;
  out.resize_memory = grows_by_virtio_mem(config_) || grows_by_modules(config_);
  return out;
}

std::vector<std::string> QemuVm::console_tail() const {
  auto of = machine();
  return of ? of->console.lines() : std::vector<std::string>();
}

}  // namespace

std::unique_ptr<Vm> make_qemu_vm(VmConfig config) { return std::make_unique<QemuVm>(std::move(config)); }

}  // namespace kata::hypervisor
