#include "runtime/machine/machine.h"

#include <poll.h>

#include <cerrno>
#include <utility>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/proto/ports.h"
#include "lib/sys/fd.h"

namespace kata {

namespace {

using Clock = sys::EventLoop::Clock;

// A VMM that dies closes its sockets before it is gone; this long, its cause of death is worth waiting for.
constexpr std::chrono::seconds kDeathGrace{2};
constexpr size_t kConsoleLines = 8;

}  // namespace

Machine::Machine(std::unique_ptr<sys::EventLoop> loop, std::unique_ptr<hypervisor::Vm> vm, Settings settings)
    : settings_(std::move(settings)), loop_(std::move(loop)), vm_(std::move(vm)) {}

Result<std::unique_ptr<Machine>> Machine::create(std::unique_ptr<hypervisor::Vm> vm, Settings settings) {
  auto loop = TRY(sys::EventLoop::start("machine"));
  return std::unique_ptr<Machine>(new Machine(std::move(loop), std::move(vm), std::move(settings)));
}

Machine::~Machine() { stop(); }

Machine::Phase Machine::phase() const {
  MutexLock lock(mutex_);
  return phase_;
}

void Machine::enter(Phase phase) {
  MutexLock lock(mutex_);
  phase_ = phase;
  changed_.notify_all();
}

Result<> Machine::start() {
  {
    MutexLock lock(mutex_);
    if (phase_ > Phase::kRunning) return Error::make(Code::kCancelled, "the virtual machine was stopped");
    if (phase_ != Phase::kNew) return Error::make(Code::kFailedPrecondition, "the virtual machine was started before");
    phase_ = Phase::kStarting;
  }
  auto outcome = vm_->start(*loop_);
  loop_->run([&] { on_started(outcome); });
  MutexLock lock(mutex_);
  if (phase_ <= Phase::kRunning) return {};
  return cause_.value_or(Error::make(Code::kCancelled, "the virtual machine was stopped"));
}

// From here on: the machine's thread, until watch_process().
void Machine::on_started(const Result<>& outcome) {
  if (ending_ && outcome) ignore(vm_->stop());  // it had not come so far when the machine ended
  if (ending_) return;
  if (!outcome) {
    ending_ = true;
    publish_cause(outcome.error());
    enter(Phase::kEnded);
    return;
  }
  enter(Phase::kRunning);
  loop_->watch(vm_->exit_event(), [this] {
    end({});
    return false;
  });
  auto patience = settings_.dial_timeout * settings_.timeout_factor;
  deadline_ = loop_->call_at(Clock::now() + patience, [this, seconds = patience.count()] {
    die(Error::make(Code::kDeadlineExceeded, concat("the agent did not answer within ", seconds, " s")));
  });
}

bool Machine::vm_has_ended() const {
  return phase() == Phase::kRunning &&
         sys::wait_for(vm_->exit_event(), POLLIN, std::chrono::milliseconds(0)).value_or(false);
}

void Machine::die(const Error& why) {
  if (!ending_) end(with_console(why));
}

// The machine is over: by itself, or because we want it. What it died of by itself comes before what we wanted.
void Machine::end(std::optional<Error> cause) {
  if (std::exchange(ending_, true)) return;
  if (vm_has_ended()) cause = vm_->cause_of_death();
  auto stopped = vm_->stop();
  if (!stopped) log::error("machine", "cannot stop the VMM", {{"error", stopped.error().text()}});
  if (cause && settings_.explain) cause = settings_.explain(*cause);
  publish_cause(cause);
  if (cause) {
    log::error("machine", "the virtual machine ended", {{"cause", cause->message()}});
    if (settings_.died) settings_.died(*cause);
  }
  enter(Phase::kEnded);
}

// Those that wait for an answer of the agent get this instead.
void Machine::publish_cause(const std::optional<Error>& cause) {
  AgentClient* agent = nullptr;
  {
    MutexLock lock(mutex_);
    cause_ = cause;
    phase_ = Phase::kEnding;
    agent = agent_.get();
    changed_.notify_all();
  }
  if (agent != nullptr) agent->fail(cause.value_or(Error::make(Code::kUnavailable, "the sandbox was stopped")));
}

void Machine::watch_process(UniqueFd pidfd, std::function<void()> ended) {
  auto fd = std::make_shared<UniqueFd>(std::move(pidfd));
  loop_->post([this, fd, ended = std::move(ended)] {
    if (ending_) return;
    loop_->watch(fd->get(), [this, fd, ended] {
      if (!ending_) ended();
      return false;
    });
  });
}

void Machine::connection_lost(std::string_view why) {
  auto cause = Error::make(Code::kUnavailable, concat("the connection to the agent was lost: ", why));
  loop_->post([this, cause] {
    auto patience = kDeathGrace * settings_.timeout_factor;
    loop_->call_at(Clock::now() + patience, [this, cause] { die(cause); });
  });
}

Error Machine::with_console(const Error& error) const {
  auto lines = vm_->console_tail();
  if (lines.empty()) return error.wrap("the guest's console said nothing");
  std::string text;
  auto first = lines.size() > kConsoleLines ? lines.size() - kConsoleLines : 0;
  for (auto i = first; i < lines.size(); ++i) text += (i == first ? "" : " | ") + lines[i];
  return error.add(concat("the guest's console ends with: ", text));
}

Result<> Machine::try_connect() {
  auto stream = TRY(vm_->dial(agent_port::kApi));
  auto connection = TRY(ttrpc::Client::create(std::move(stream)));
  connection->on_close([this](std::string_view why) { connection_lost(why); });
  AgentClient::Settings settings{.timeout_factor = settings_.timeout_factor,
                                 .create_container = settings_.create_container_timeout};
  settings.why_lost = [this] { return cause(2 * kDeathGrace * settings_.timeout_factor); };
  settings.dial = [this](uint32_t port) { return vm_->dial(port); };
  auto made = std::make_unique<AgentClient>(std::move(connection), std::move(settings));
  auto* agent = made.get();
  {
    MutexLock lock(mutex_);
    agent_ = std::move(made);
    if (phase_ >= Phase::kEnding) agent->fail(cause_.value_or(Error::make(Code::kUnavailable, "stopped")));
  }
  return agent->check();
}

Result<> Machine::connect() {
  auto connected = try_connect();
  loop_->run([this] { loop_->forget(std::exchange(deadline_, 0)); });
  if (connected) return {};
  return cause_or(connected.error()).wrap("waiting for the agent in the guest");
}

AgentClient& Machine::agent() {
  MutexLock lock(mutex_);
  return *agent_;
}

std::optional<Error> Machine::cause(std::chrono::milliseconds patience) const {
  if (loop_->is_this_thread()) patience = std::chrono::milliseconds(0);  // it would wait for itself
  MutexLock lock(mutex_);
  changed_.wait_for(mutex_, patience,
                    [&]() REQUIRES(mutex_) { return phase_ >= Phase::kEnding || phase_ == Phase::kNew; });
  return cause_;
}

Error Machine::cause_or(const Error& failure) const { return cause(kDeathGrace).value_or(failure); }

void Machine::request_stop() {
  loop_->post([this] { end({}); });
}

void Machine::give_up(const Error& cause) {
  loop_->post([this, cause] { die(cause); });
}

void Machine::insist(std::chrono::milliseconds patience) {
  if (phase() != Phase::kRunning) return;
  auto answered = vm_->is_at_work(patience);
  if (answered || !answered.error().is(Code::kDeadlineExceeded)) return;
  loop_->run([&] { die(answered.error()); });
}

void Machine::stop() {
  loop_->run([this] { end({}); });
}

}  // namespace kata
