#include "lib/ttrpc/pool.h"

#include "lib/base/concat.h"

namespace kata::ttrpc {

Pool::~Pool() {
  MutexLock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  all_ended_.wait(mutex_, [this]() REQUIRES(mutex_) { return threads_.empty(); });
  auto last = std::move(ended_);
  lock.unlock();  // joined here, as `last` goes
}

Result<> Pool::submit(std::function<void()> task) {
  MutexLock lock(mutex_);
  if (tasks_.size() >= idle_) TRY(add_thread());
  tasks_.push_back(std::move(task));
  wake_.notify_one();
  return {};
}

size_t Pool::thread_count() const {
  MutexLock lock(mutex_);
  return threads_.size();
}

Result<> Pool::add_thread() {
  if (threads_.size() >= max_threads_) {
    return Error::make(Code::kResourceExhausted, concat("all ", max_threads_, " request threads are busy"));
  }
  auto self = threads_.emplace(threads_.end());
  auto thread = sys::Thread::start("ttrpc", [this, self] { work(self); });
  if (!thread.ok()) {
    threads_.erase(self);
    return thread.error();
  }
  *self = std::move(*thread);
  ++idle_;  // counted before it runs, so that the next submit does not count on it too
  return {};
}

// True with a task in the queue; false when this thread shall end.
bool Pool::wait_for_task() {
  wake_.wait_for(mutex_, linger_, [this]() REQUIRES(mutex_) { return !tasks_.empty() || stopping_; });
  return !tasks_.empty();
}

void Pool::work(Threads::iterator self) {
  MutexLock lock(mutex_);
  while (wait_for_task()) {
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    --idle_;
    lock.unlock();
    task();
    task = nullptr;  // what it holds is released without the lock
    lock.lock();
    ++idle_;
  }
  --idle_;
  Threads before = std::move(ended_);
  ended_.clear();
  ended_.splice(ended_.end(), threads_, self);
  if (threads_.empty()) all_ended_.notify_all();
  lock.unlock();
  before.clear();  // joins the one that ended before this
}

}  // namespace kata::ttrpc
