#include "runtime/sandbox/threads.h"

#include "lib/base/log.h"

namespace kata {

Threads::~Threads() { join_all(); }

std::list<sys::Thread> Threads::take(bool all) {
  std::list<sys::Thread> out;
  MutexLock lock(mutex_);
  for (auto one = running_.begin(); one != running_.end();) {
    if (!all && !one->finished) {
      ++one;
      continue;
    }
    if (one->thread.joinable()) out.push_back(std::move(one->thread));  // else somebody joins it already
    one = all ? std::next(one) : running_.erase(one);
  }
  return out;
}

Result<> Threads::run(const std::string& name, std::function<void()> work) {
  take(false).clear();  // joins
  MutexLock lock(mutex_);
  auto& one = running_.emplace_back();
  auto started = sys::Thread::start(name, [this, &one, work = std::move(work)]() mutable {
    work();
    work = nullptr;  // what it holds goes before it counts as finished
    MutexLock inner(mutex_);
    one.finished = true;
  });
  if (started) {
    one.thread = std::move(started).value();
    return {};
  }
  running_.pop_back();
  return started.error();
}

void Threads::try_run(const std::string& name, std::function<void()> work) {
  auto started = run(name, std::move(work));
  if (!started) log::error("threads", "cannot start one", {{"name", name}, {"error", started.error().text()}});
}

void Threads::join_all() {
  // A thread may start another one while it ends.
  for (auto threads = take(true); !threads.empty(); threads = take(true)) threads.clear();
  MutexLock lock(mutex_);
  running_.clear();
}

}  // namespace kata
