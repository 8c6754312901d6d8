#include "agent/rpc/oom_watcher.h"

#include <sys/inotify.h>

#include <array>

#include "lib/base/log.h"
#include "lib/cgroup/stats.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/inotify.h"

namespace kata::agent {

uint64_t oom_kills(const std::string& memory_events) {
  auto counters = cgroup::parse_flat(memory_events);
  auto found = counters.find("oom_kill");
  return found == counters.end() ? 0 : found->second;
}

Result<std::unique_ptr<OomWatcher>> OomWatcher::create() {
  auto inotify = TRY(sys::inotify());
  auto stop = TRY(sys::event_fd());
  return std::unique_ptr<OomWatcher>(new OomWatcher(std::move(inotify), std::move(stop)));
}

void OomWatcher::add(const std::string& container_id, const std::string& memory_events) {
  if (memory_events.empty()) return;
  MutexLock lock(mutex_);
  Watched watched{::inotify_add_watch(inotify_.get(), memory_events.c_str(), IN_MODIFY), memory_events, 0};
  if (watched.watch < 0) {
    log::warning("oom", "cannot watch memory events", {{"container", container_id}, {"path", memory_events}});
    return;
  }
  watched_[container_id] = std::move(watched);
}

void OomWatcher::read_counter(const std::string& id, Watched& watched) {
  auto text = sys::read_file(watched.path);
  if (!text.ok()) return;
  auto kills = oom_kills(*text);
  if (kills > watched.kills) killed_.push_back({id, kills});
  watched.kills = kills;
}

void OomWatcher::remove(const std::string& container_id) {
  MutexLock lock(mutex_);
  auto found = watched_.find(container_id);
  if (found == watched_.end()) return;
  read_counter(container_id, found->second);
  (void)::inotify_rm_watch(inotify_.get(), found->second.watch);  // also wakes next()
  watched_.erase(found);
}

std::optional<OomKill> OomWatcher::take_next() {
  MutexLock lock(mutex_);
  sys::drain_events(inotify_.get());
  for (auto& [name, watched] : watched_) read_counter(name, watched);
  if (killed_.empty()) return std::nullopt;
  auto kill = std::move(killed_.front());
  killed_.pop_front();
  return kill;
}

Result<OomKill> OomWatcher::next() {
  for (;;) {
    if (auto kill = take_next()) return std::move(*kill);
    std::array<pollfd, 2> fds{{{inotify_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    TRY(sys::poll(fds, std::chrono::milliseconds(-1)));
    if (fds[1].revents != 0) return Error::make(Code::kCancelled, "the sandbox ends");
  }
}

void OomWatcher::stop() { ignore(sys::signal_event(stop_.get())); }

}  // namespace kata::agent
