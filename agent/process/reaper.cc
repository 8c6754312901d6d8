#include "agent/process/reaper.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <optional>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/sys/fd.h"
#include "lib/sys/thread.h"

namespace kata::agent {

namespace {

// The handler's way to the one reaper of this process. It is a handler rather than a signalfd, because a handler works
// whichever thread the kernel picks, without a signal mask in every one of them.
std::atomic<int> wake_fd{-1};

void on_child(int /*signal*/) {
  int saved = errno;
  uint64_t one = 1;
  [[maybe_unused]] auto sent = ::write(wake_fd.load(), &one, sizeof one);
  errno = saved;
}

sys::ExitStatus to_status(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {info.si_status, 0, false};
  return {128 + info.si_status, info.si_status, info.si_code == CLD_DUMPED};
}

}  // namespace

class Reaper::Impl {
 public:
  Result<> start() {
    wake_ = TRY(sys::event_fd());
    stop_ = TRY(sys::event_fd());
    wake_fd = wake_.get();
    struct sigaction action {};
    action.sa_handler = on_child;
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    if (::sigaction(SIGCHLD, &action, &previous_) < 0) return Error::sys(errno, "sigaction", "SIGCHLD");
    auto thread = sys::Thread::start("reaper", [this] { run(); });
    if (!thread) {
      restore_handler();
      return thread.error();
    }
    thread_ = std::move(thread).value();
    return {};
  }

  ~Impl() {
    if (!thread_.joinable()) return;
    ignore(sys::signal_event(stop_.get()));  // cannot fail: the counter does not overflow
    thread_.join();
    restore_handler();
  }

  Result<pid_t> spawn(const std::function<Result<pid_t>()>& fork_child) {
    MutexLock lock(mutex_);
    auto pid = TRY(fork_child());
    children_.try_emplace(pid);
    return pid;
  }

  Result<sys::ExitStatus> wait(pid_t pid) {
    MutexLock lock(mutex_);
    if (!children_.contains(pid)) {
      return Error::make(Code::kNotFound, concat("process ", pid, " is not waited for here"));
    }
    ended_.wait(mutex_, [&]() REQUIRES(mutex_) { return children_[pid].has_value(); });
    auto status = *children_[pid];
    children_.erase(pid);
    return status;
  }

 private:
  void restore_handler() {
    ::sigaction(SIGCHLD, &previous_, nullptr);
    wake_fd = -1;
  }

  void run() {
    while (true) {
      reap();
      std::array<pollfd, 2> fds{{{wake_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      auto ready = sys::poll(fds, std::chrono::milliseconds(-1));
      if (!ready) {
        log::error("reaper", ready.error().text());
        return;
      }
      if (fds[1].revents != 0) return;
      uint64_t count = 0;
      ignore(sys::read_some(wake_.get(), &count, sizeof count));  // EAGAIN: somebody else was faster
    }
  }

  void reap() {
    MutexLock lock(mutex_);
    while (true) {
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0) break;
      auto child = children_.find(info.si_pid);
      if (child != children_.end()) child->second = to_status(info);
    }
    ended_.notify_all();
  }

  UniqueFd wake_;
  UniqueFd stop_;
  Mutex mutex_;
  Condition ended_;
  std::map<pid_t, std::optional<sys::ExitStatus>> children_ GUARDED_BY(mutex_);  // empty: it still runs
  struct sigaction previous_ {};
  sys::Thread thread_;
};

Reaper::Reaper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reaper::~Reaper() = default;

Result<std::unique_ptr<Reaper>> Reaper::create() {
  auto impl = std::make_unique<Impl>();
  TRY_WRAP(impl->start(), "starting the reaper");
  return std::unique_ptr<Reaper>(new Reaper(std::move(impl)));
}

Result<pid_t> Reaper::spawn(const std::function<Result<pid_t>()>& fork_child) { return impl_->spawn(fork_child); }
Result<sys::ExitStatus> Reaper::wait(pid_t pid) { return impl_->wait(pid); }

}  // namespace kata::agent
