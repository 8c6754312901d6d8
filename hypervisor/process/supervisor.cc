#include "hypervisor/process/supervisor.h"

#include <poll.h>
#include <signal.h>

#include <chrono>

#include "lib/sys/fd.h"

namespace kata::hypervisor {

using std::chrono::milliseconds;

Result<std::unique_ptr<Supervisor>> Supervisor::start(sys::EventLoop& loop, sys::Spawn what,
                                                      std::vector<Watch> watches) {
  auto out = std::unique_ptr<Supervisor>(new Supervisor(loop));
  Result<> launched;
  loop.run([&] { launched = out->launch(std::move(what), std::move(watches)); });
  TRY(std::move(launched));
  return out;
}

// On the loop's thread, as all that follows until kill().
Result<> Supervisor::launch(sys::Spawn what, std::vector<Watch> watches) {
  what.die_with_parent = true;
  child_ = TRY(sys::spawn(what));
  for (auto& watch : watches) watched_.push_back({std::move(watch)});
  for (auto& one : watched_) one.id = loop_.watch(one.watch.fd, [this, &one] { return read(one); });
  exit_ = loop_.watch(child_.pidfd.get(), [this] {
    finish();
    return false;
  });
  return {};
}

bool Supervisor::read(Watched& from) {
  from.over = !from.watch.readable();
  return !from.over;
}

// The child has ended: what it wrote before that is still in the pipes and sockets.
void Supervisor::finish() {
  if (ended()) return;
  for (bool some = true; some;) {
    some = false;
    for (auto& one : watched_) {
      if (one.over || !sys::wait_for(one.watch.fd, POLLIN, milliseconds(0)).value_or(false)) continue;
      read(one);
      some = true;
    }
  }
  for (const auto& one : watched_) loop_.forget(one.id);
  loop_.forget(exit_);
  auto status = sys::wait_child(child_.pid);
  MutexLock lock(mutex_);
  // Only a parent that ignores SIGCHLD makes the wait fail; the child has ended all the same.
  status_ = status ? *status : sys::ExitStatus{};
  changed_.notify_all();
}

Supervisor::~Supervisor() {
  if (!child_.pidfd) return;
  kill();
  wait();
  loop_.run([] {});  // finish() may be about to return
}

void Supervisor::kill() {
  MutexLock lock(mutex_);
  // Not after the reaping: the descriptor still names the right process, so ESRCH is all it could be.
  if (!status_) ignore(sys::pidfd_signal(child_.pidfd.get(), SIGKILL));
}

sys::ExitStatus Supervisor::wait() {
  if (loop_.is_this_thread() && !ended()) {
    ignore(sys::wait_for(child_.pidfd.get(), POLLIN, milliseconds(-1)));
    finish();
  }
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return status_.has_value(); });
  return *status_;
}

bool Supervisor::ended() const {
  MutexLock lock(mutex_);
  return status_.has_value();
}

}  // namespace kata::hypervisor
