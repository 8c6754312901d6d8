// The Vm of QEMU: puts its parts together.
#include "hypervisor/qemu/qemu.h"

#include <poll.h>

#include <algorithm>
#include <chrono>

#include "hypervisor/qemu/cause.h"
#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/machine.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/migration.h"
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
// The sockets of a process that ends close a little before its descriptor says so.
constexpr milliseconds kEndGrace{250};

// For all of the devices' state to be written or read; 0.1 s on an idle machine.
constexpr milliseconds kStateTimeout{60000};

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
  Result<> begin() EXCLUDES(mutex_);
  Result<> publish(const std::shared_ptr<Machine>& machine) EXCLUDES(mutex_);
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
  auto started = TRY_WRAP(spawn_machine(loop, config_), "starting QEMU");
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
