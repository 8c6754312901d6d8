#include "runtime/machine/machine.h"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kAgentPort = 1024;
// A dying VMM closes its sockets before it is gone; this long, its cause of death is worth waiting for.
constexpr std::chrono::seconds kDying{2};
constexpr size_t kConsoleLines = 8;

int milliseconds_until(Clock::time_point when) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(when - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left) + 1;
}

}  // namespace

Machine::Machine(std::unique_ptr<hypervisor::Vm> vm, Settings settings, UniqueFd wake)
    : vm_(std::move(vm)), settings_(std::move(settings)), wake_(std::move(wake)) {}

Result<std::unique_ptr<Machine>> Machine::create(std::unique_ptr<hypervisor::Vm> vm, Settings settings) {
  auto wake = TRY(sys::event_fd());
  return std::unique_ptr<Machine>(new Machine(std::move(vm), std::move(settings), std::move(wake)));
}

Machine::~Machine() {
  stop();
  thread_.join();
}

void Machine::wake() { ignore(sys::signal_event(wake_.get())); }

Result<> Machine::start() {
  MutexLock lock(mutex_);
  thread_ = TRY(sys::Thread::start("machine", [this] { run(); }));
  phase_ = Phase::kStarting;
  deadline_ = Clock::now() + settings_.dial_timeout * settings_.timeout_factor;
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return start_outcome_.has_value(); });
  return *start_outcome_;
}

// A child inherits the namespace of the thread that spawns it.
Result<> Machine::start_vm() {
  if (settings_.network_namespace < 0) return vm_->start();
  auto own = TRY(sys::open("/proc/thread-self/ns/net", O_RDONLY));
  if (::setns(settings_.network_namespace, CLONE_NEWNET) != 0) return Error::sys(errno, "enter the pod's network");
  auto started = vm_->start();
  if (::setns(own.get(), CLONE_NEWNET) != 0) log::warning("machine", "its thread stays in the pod's network");
  return started;
}

void Machine::run() {
  auto started = start_vm();
  {
    MutexLock lock(mutex_);
    start_outcome_ = started;
    phase_ = started ? Phase::kRunning : Phase::kEnded;
    if (!started) cause_ = started.error();
    changed_.notify_all();
  }
  if (started) loop();
}

void Machine::loop() {
  for (;;) {
    wait_for_news();
    if (sys::wait_for(vm_->exit_event(), POLLIN, std::chrono::milliseconds(0)).value_or(false)) {
      end(vm_->cause_of_death());
      return;
    }
    call_ended_processes();
    handle_requests();
    MutexLock lock(mutex_);
    if (phase_ == Phase::kEnded) return;
  }
}

void Machine::wait_for_news() {
  std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}, {vm_->exit_event(), POLLIN, 0}};
  int timeout = -1;
  {
    MutexLock lock(mutex_);
    for (const auto& [fd, watched] : watched_) fds.push_back({fd, POLLIN, 0});
    if (stop_requested_ || give_up_) return;
    if (lost_at_) timeout = milliseconds_until(*lost_at_ + kDying * settings_.timeout_factor);
    if (deadline_) {
      int left = milliseconds_until(*deadline_);
      timeout = timeout < 0 ? left : std::min(timeout, left);
    }
  }
  ignore(sys::poll(fds, std::chrono::milliseconds(timeout)));
  if (fds[0].revents != 0) {
    uint64_t count = 0;
    ignore(sys::read_some(wake_.get(), &count, sizeof count));
  }
}

void Machine::handle_requests() {
  std::optional<Error> why;
  {
    MutexLock lock(mutex_);
    auto now = Clock::now();
    if (stop_requested_) {
      // No cause: it was wanted.
    } else if (give_up_) {
      why = give_up_;
    } else if (deadline_ && now >= *deadline_) {
      auto seconds = (settings_.dial_timeout * settings_.timeout_factor).count();
      why = Error::make(Code::kDeadlineExceeded, concat("the agent did not answer within ", seconds, " s"));
    } else if (lost_at_ && now >= *lost_at_ + kDying * settings_.timeout_factor) {
      why = Error::make(Code::kUnavailable, concat("the connection to the agent was lost: ", lost_why_));
    } else {
      return;
    }
  }
  if (why) why = with_console(*why);
  end(std::move(why));
}

// The machine is over: by itself, or because we want it.
void Machine::end(std::optional<Error> cause) {
  auto stopped = vm_->stop();
  if (!stopped) log::error("machine", "cannot stop the VMM", {{"error", stopped.error().text()}});
  AgentClient* agent = nullptr;
  if (cause && settings_.explain) cause = settings_.explain(*cause);
  {
    MutexLock lock(mutex_);
    cause_ = cause;
    phase_ = Phase::kEnded;
    agent = agent_.get();
    changed_.notify_all();
  }
  auto reason = cause.value_or(Error::make(Code::kUnavailable, "the sandbox was stopped"));
  if (agent != nullptr) agent->fail(reason);
  if (cause) {
    log::error("machine", "the virtual machine ended", {{"cause", cause->message()}});
    if (settings_.died) settings_.died(*cause);
  }
}

void Machine::call_ended_processes() {
  std::vector<Watched> ended;
  {
    MutexLock lock(mutex_);
    for (auto one = watched_.begin(); one != watched_.end();) {
      bool over = sys::wait_for(one->first, POLLIN, std::chrono::milliseconds(0)).value_or(true);
      if (over) ended.push_back(std::move(one->second));
      one = over ? watched_.erase(one) : std::next(one);
    }
  }
  for (auto& one : ended) one.ended();
}

void Machine::watch_process(UniqueFd pidfd, std::function<void()> ended) {
  {
    MutexLock lock(mutex_);
    int fd = pidfd.get();
    watched_[fd] = Watched{std::move(pidfd), std::move(ended)};
  }
  wake();
}

void Machine::connection_lost(std::string_view why) {
  {
    MutexLock lock(mutex_);
    if (!lost_at_) {
      lost_at_ = Clock::now();
      lost_why_ = why;
    }
  }
  wake();
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
  auto stream = TRY(vm_->dial(kAgentPort));
  auto connection = TRY(ttrpc::Client::create(std::move(stream)));
  connection->on_close([this](std::string_view why) { connection_lost(why); });
  AgentClient::Settings settings{.timeout_factor = settings_.timeout_factor,
                                 .create_container = settings_.create_container_timeout};
  settings.why_lost = [this] { return cause(2 * kDying * settings_.timeout_factor); };
  settings.dial = [this](uint32_t port) { return vm_->dial(port); };
  auto agent = std::make_unique<AgentClient>(std::move(connection), std::move(settings));
  {
    MutexLock lock(mutex_);
    agent_ = std::move(agent);
    if (phase_ == Phase::kEnded) agent_->fail(cause_.value_or(Error::make(Code::kUnavailable, "stopped")));
  }
  return agent_->check();
}

Result<> Machine::connect() {
  auto connected = try_connect();
  {
    MutexLock lock(mutex_);
    deadline_.reset();
  }
  if (connected) return {};
  // What the machine died of says more than what the connection did.
  auto why = cause(kDying);
  return (why ? *why : connected.error()).wrap("waiting for the agent in the guest");
}

std::optional<Error> Machine::cause(std::chrono::milliseconds patience) const {
  MutexLock lock(mutex_);
  changed_.wait_for(mutex_, patience,
                    [&]() REQUIRES(mutex_) { return phase_ == Phase::kEnded || phase_ == Phase::kNew; });
  return cause_;
}

void Machine::request_stop() {
  {
    MutexLock lock(mutex_);
    stop_requested_ = true;
  }
  wake();
}

void Machine::give_up(const Error& cause) {
  {
    MutexLock lock(mutex_);
    if (!give_up_) give_up_ = cause;
  }
  wake();
}

void Machine::stop() {
  request_stop();
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return phase_ == Phase::kEnded || phase_ == Phase::kNew; });
}

}  // namespace kata
