#include "hypervisor/process/supervisor.h"

#include <poll.h>
#include <signal.h>

#include <chrono>

#include "lib/sys/fd.h"

namespace kata::hypervisor {

Result<std::unique_ptr<Supervisor>> Supervisor::start(sys::Spawn what, std::vector<Watch> watches) {
  auto out = std::unique_ptr<Supervisor>(new Supervisor(std::move(what), std::move(watches)));
  TRY(out->launch());
  return out;
}

Result<> Supervisor::launch() {
  thread_ = std::thread([this] { run(); });
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return launched_.has_value(); });
  return *launched_;
}

Supervisor::~Supervisor() {
  kill();
  if (thread_.joinable()) thread_.join();
}

void Supervisor::run() {
  what_.die_with_parent = true;
  auto child = sys::spawn(what_);
  {
    MutexLock lock(mutex_);
    if (child) child_ = std::move(*child);
    launched_ = child ? Result<>() : Result<>(child.error());
    changed_.notify_all();
  }
  if (!child) return;
  watch_until_exit();
  auto status = sys::wait_child(child_.pid);
  MutexLock lock(mutex_);
  // Only a parent that ignores SIGCHLD makes the wait fail; the child has ended all the same.
  status_ = status ? *status : sys::ExitStatus{};
  changed_.notify_all();
}

void Supervisor::watch_until_exit() {
  while (!serve(std::chrono::milliseconds(-1)).ended) {
  }
  // The child has ended: what it wrote before that is still in the sockets.
  while (serve(std::chrono::milliseconds(0)).handled > 0) {
  }
}

Supervisor::Served Supervisor::serve(std::chrono::milliseconds timeout) {
  std::vector<pollfd> fds = {{child_.pidfd.get(), POLLIN, 0}};
  for (const auto& watch : watches_) fds.push_back({watch.fd, POLLIN, 0});
  auto ready = sys::poll(fds, timeout);
  if (!ready) return {true, 0};
  Served out{fds[0].revents != 0, 0};
  for (size_t i = watches_.size(); i > 0; --i) {
    if (fds[i].revents == 0) continue;
    ++out.handled;
    if (!watches_[i - 1].readable()) watches_.erase(watches_.begin() + static_cast<ptrdiff_t>(i - 1));
  }
  return out;
}

void Supervisor::kill() {
  MutexLock lock(mutex_);
  // Not after the reaping: the descriptor still names the right process, so ESRCH is all it could be.
  if (child_.pidfd && !status_) ignore(sys::pidfd_signal(child_.pidfd.get(), SIGKILL));
}

sys::ExitStatus Supervisor::wait() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return status_.has_value(); });
  return *status_;
}

bool Supervisor::ended() const {
  MutexLock lock(mutex_);
  return status_.has_value();
}

}  // namespace kata::hypervisor
