// The machine of a FakeDriver.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "hypervisor/fake/state.h"
#include "lib/base/concat.h"
#include "lib/sys/event_loop.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

using State = FakeDriver::State;

class FakeVm : public Vm {
 public:
  FakeVm(VmConfig config, std::shared_ptr<State> state) : config_(std::move(config)), state_(std::move(state)) {}
  ~FakeVm() override { ignore(end()); }

  Result<> start(sys::EventLoop& loop) override;
  Result<UniqueFd> dial(uint32_t port) override;
  pid_t pid() const override;
  int exit_event() const override;
  Error cause_of_death() override;
  Result<> stop() override;
  Result<> is_at_work(std::chrono::milliseconds limit) override;
  Result<> pause() override { return step(Step::kPause, "pause"); }
  Result<> resume() override { return step(Step::kResume, "resume"); }
  Result<> save(const std::string& directory) override;
  Result<GuestAddress> attach(const Nic& nic) override { return plug(nic.id, GuestAddress::Kind::kPci); }
  Result<GuestAddress> attach(const Disk& disk) override {
    bool scsi = disk.bus == Disk::Bus::kVirtioScsi;
    return plug(disk.id, scsi ? GuestAddress::Kind::kScsi : GuestAddress::Kind::kPci);
  }
  Result<> detach(const std::string& id) override { return step(Step::kDetach, concat("detach ", id)); }
  Result<MachineSize> resize(MachineSize wanted) override;
  Result<std::vector<pid_t>> vcpu_threads() override;
  std::vector<std::string> console_tail() const override;
  Capabilities capabilities() const override;

 private:
  std::shared_ptr<FakeProcess> process() const;
  Result<std::shared_ptr<FakeProcess>> running() const;
  Result<> step(Step step, const std::string& line);
  Result<GuestAddress> plug(const std::string& id, GuestAddress::Kind kind);
  Result<> end();

  const VmConfig config_;
  const std::shared_ptr<State> state_;
  mutable Mutex mutex_;
  std::shared_ptr<FakeProcess> process_ GUARDED_BY(mutex_);  // set once
  bool stopped_ GUARDED_BY(mutex_) = false;
  int plugged_ GUARDED_BY(mutex_) = 0;
};

std::shared_ptr<FakeProcess> FakeVm::process() const {
  MutexLock lock(mutex_);
  return process_;
}

Result<std::shared_ptr<FakeProcess>> FakeVm::running() const {
  auto out = process();
  if (!out) return Error::make(Code::kFailedPrecondition, "the virtual machine was not started");
  return out;
}

// A call to the started machine.
Result<> FakeVm::step(Step step, const std::string& line) {
  auto of = TRY(running());
  state_->write(line);
  auto passed = state_->steps.pass(step, [&] { return of->over.load(); });
  if (of->over) return cause_of_death();
  return passed;
}

Result<> FakeVm::start(sys::EventLoop& loop) {
  state_->write("start");
  TRY(state_->steps.pass(Step::kStart, [this] {
    MutexLock lock(mutex_);
    return stopped_;
  }));
  auto input = TRY(sys::pipe());
  auto out = std::make_shared<FakeProcess>();
  Result<sys::Child> child = Error::make(Code::kInternal, "nothing was spawned");
  loop.run([&] {
    child = sys::spawn({.argv = {"cat"}, .in = input.read.get(), .new_session = true, .die_with_parent = true});
  });
  out->child = TRY(std::move(child));
  out->input = std::move(input.write);
  {
    MutexLock lock(state_->mutex);
    state_->processes.push_back(out);
  }
  MutexLock lock(mutex_);
  process_ = std::move(out);
  return {};
}

// Not in the log: it changes nothing.
Result<> FakeVm::is_at_work(std::chrono::milliseconds /*limit*/) {
  auto of = TRY(running());
  return state_->steps.pass(Step::kIsAtWork, [&] { return of->over.load(); });
}

Result<UniqueFd> FakeVm::dial(uint32_t port) {
  TRY(step(Step::kDial, concat("dial ", port)));
  auto of = TRY(running());
  std::function<void(uint32_t, UniqueFd)> agent;
  {
    MutexLock lock(state_->mutex);
    agent = state_->agent;
  }
  if (!agent) {
    TRY(sys::wait_for(of->child.pidfd.get(), POLLIN, std::chrono::milliseconds(-1)));
    return cause_of_death();
  }
  auto pair = TRY(sys::socket_pair(SOCK_STREAM));
  agent(port, std::move(pair.first));
  return std::move(pair.second);
}

pid_t FakeVm::pid() const {
  auto of = process();
  return of ? of->child.pid : -1;
}

int FakeVm::exit_event() const {
  auto of = process();
  return of ? of->child.pidfd.get() : -1;
}

Error FakeVm::cause_of_death() {
  auto of = process();
  if (!of) return Error::make(Code::kFailedPrecondition, "the virtual machine was not started");
  ignore(sys::wait_for(of->child.pidfd.get(), POLLIN, std::chrono::milliseconds(-1)));
  MutexLock lock(of->mutex);
  if (of->cause) return *of->cause;
  return Error::make(Code::kUnavailable, of->stopped ? "the virtual machine was stopped" : "the fake VMM was killed");
}

Result<> FakeVm::stop() {
  auto of = process();
  bool first = false;
  if (of) {
    MutexLock lock(of->mutex);
    first = !of->reaped;
  }
  if (first) {
    state_->write("stop");
    TRY(state_->steps.pass(Step::kStop, [] { return false; }));
  }
  return end();
}

Result<> FakeVm::end() {
  std::shared_ptr<FakeProcess> of;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    of = process_;
  }
  if (of) {
    MutexLock lock(of->mutex);
    if (!of->reaped) {
      of->stopped = true;
      of->over = true;
      ignore(sys::pidfd_signal(of->child.pidfd.get(), SIGKILL));
      TRY(sys::wait_child(of->child.pid));
      of->reaped = true;
    }
  }
  state_->steps.wake();
  return {};
}

Result<> FakeVm::save(const std::string& directory) {
  TRY(step(Step::kSave, concat("save ", directory)));
  TRY(sys::write_file(directory + "/memory", "memory", 0600));
  return sys::write_file(directory + "/state", "state", 0600);
}

Result<GuestAddress> FakeVm::plug(const std::string& id, GuestAddress::Kind kind) {
  TRY(step(Step::kAttach, concat("attach ", id)));
  MutexLock lock(mutex_);
  return GuestAddress{kind, concat("02/0", ++plugged_)};
}

Result<MachineSize> FakeVm::resize(MachineSize wanted) {
  TRY(step(Step::kResize, concat("resize ", wanted.vcpus, " ", wanted.memory_mib)));
  return MachineSize{std::clamp(wanted.vcpus, 1U, std::max(config_.max_vcpus, 1U)),
                     std::min(wanted.memory_mib, std::max(config_.max_memory_mib, config_.memory_mib))};
}

Result<std::vector<pid_t>> FakeVm::vcpu_threads() { return std::vector<pid_t>{TRY(running())->child.pid}; }

std::vector<std::string> FakeVm::console_tail() const {
  MutexLock lock(state_->mutex);
  return state_->console;
}

Capabilities FakeVm::capabilities() const {
  MutexLock lock(state_->mutex);
  return state_->capabilities;
}

}  // namespace

std::unique_ptr<Vm> make_fake_vm(VmConfig config, std::shared_ptr<State> state) {
  return std::make_unique<FakeVm>(std::move(config), std::move(state));
}

}  // namespace kata::hypervisor
