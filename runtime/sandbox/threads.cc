#include "runtime/sandbox/threads.h"

#include "lib/base/log.h"

namespace kata {

Threads::~Threads() { join_all(); }

void Threads::join_finished() {
  std::list<One> finished;
  MutexLock lock(mutex_);
  for (auto one = running_.begin(); one != running_.end();) {
    auto next = std::next(one);
    if (one->finished) finished.splice(finished.end(), running_, one);
    one = next;
  }
  lock.unlock();  // joins without it
}

Result<> Threads::run(const std::string& name, std::function<void()> work) {
  join_finished();
  MutexLock lock(mutex_);
  if (closed_) return Error::make(Code::kFailedPrecondition, "no thread starts any more");
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
  MutexLock lock(mutex_);
  closed_ = true;
  while (!running_.empty()) {
    auto one = std::move(running_.front().thread);
    if (!one.joinable()) {
      running_.pop_front();  // joined
      continue;
    }
    lock.unlock();
    one.join();
    lock.lock();
  }
}

}  // namespace kata
