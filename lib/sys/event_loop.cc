#include "lib/sys/event_loop.h"

#include <poll.h>

#include <algorithm>

#include "lib/sys/fd.h"

namespace kata::sys {

namespace {

thread_local const EventLoop* current = nullptr;

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::start(const std::string& name) {
  auto out = std::unique_ptr<EventLoop>(new EventLoop(TRY(event_fd())));
  out->thread_ = TRY(Thread::start(name, [self = out.get()] { self->serve(); }));
  return out;
}

EventLoop::~EventLoop() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  wake();
  thread_.join();
}

bool EventLoop::is_this_thread() const { return current == this; }

void EventLoop::wake() const { ignore(signal_event(wake_.get())); }  // only a full counter fails, which wakes as well

void EventLoop::serve() {
  current = this;
  for (;;) {
    auto turn = wait();
    for (auto id : turn.ready) call_ready(id);
    for (auto id : turn.due) call_due(id);
    for (auto& work : turn.work) work();
    if (turn.over) return;
  }
}

std::chrono::milliseconds EventLoop::patience() const {
  if (!work_.empty() || ending_) return std::chrono::milliseconds(0);
  if (timers_.empty()) return std::chrono::milliseconds(-1);
  auto next = std::min_element(timers_.begin(), timers_.end(),
                               [](const auto& a, const auto& b) { return a.second.when < b.second.when; });
  auto left = std::chrono::ceil<std::chrono::milliseconds>(next->second.when - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(24)));
}

EventLoop::Turn EventLoop::wait() {
  std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}};
  std::vector<Id> ids{0};
  std::chrono::milliseconds timeout{};
  {
    MutexLock lock(mutex_);
    for (const auto& [id, watch] : watches_) {
      fds.push_back({watch->fd, POLLIN, 0});
      ids.push_back(id);
    }
    timeout = patience();
  }
  auto polled = poll(fds, timeout);
  Turn out;
  for (size_t i = 1; polled && i < fds.size(); ++i) {
    if (fds[i].revents != 0) out.ready.push_back(ids[i]);
  }
  if (fds[0].revents != 0) {
    uint64_t count = 0;
    ignore(read_some(wake_.get(), &count, sizeof count));  // only lowers the event
  }
  MutexLock lock(mutex_);
  for (const auto& [id, timer] : timers_) {
    if (timer.when <= Clock::now()) out.due.push_back(id);
  }
  out.work.swap(work_);
  out.over = ending_;
  return out;
}

// An earlier handler of the same turn may have made the others' descriptors invalid: what it forgot is not called.
void EventLoop::call_ready(Id id) {
  std::shared_ptr<Watch> watch;
  {
    MutexLock lock(mutex_);
    auto found = watches_.find(id);
    if (found == watches_.end()) return;
    watch = found->second;
  }
  if (watch->ready()) return;
  MutexLock lock(mutex_);
  watches_.erase(id);
}

void EventLoop::call_due(Id id) {
  std::function<void()> due;
  {
    MutexLock lock(mutex_);
    auto found = timers_.find(id);
    if (found == timers_.end()) return;
    due = std::move(found->second.due);
    timers_.erase(found);
  }
  due();
}

void EventLoop::post(std::function<void()> work) {
  {
    MutexLock lock(mutex_);
    work_.push_back(std::move(work));
  }
  wake();
}

void EventLoop::run(const std::function<void()>& work) {
  if (is_this_thread()) return work();
  bool done = false;
  post([&] {
    work();
    MutexLock lock(mutex_);
    done = true;
    done_.notify_all();
  });
  MutexLock lock(mutex_);
  done_.wait(mutex_, [&]() REQUIRES(mutex_) { return done; });
}

EventLoop::Id EventLoop::watch(int fd, std::function<bool()> ready) {
  Id id = 0;
  {
    MutexLock lock(mutex_);
    id = next_id_++;
    watches_[id] = std::make_shared<Watch>(Watch{fd, std::move(ready)});
  }
  wake();
  return id;
}

EventLoop::Id EventLoop::call_at(Clock::time_point when, std::function<void()> due) {
  Id id = 0;
  {
    MutexLock lock(mutex_);
    id = next_id_++;
    timers_[id] = Timer{when, std::move(due)};
  }
  wake();
  return id;
}

void EventLoop::forget(Id id) {
  if (id == 0) return;
  {
    MutexLock lock(mutex_);
    watches_.erase(id);
    timers_.erase(id);
  }
  run([] {});  // it may be at work
}

}  // namespace kata::sys
