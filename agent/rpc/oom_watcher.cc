#include "agent/rpc/oom_watcher.h"

#include <sys/inotify.h>

#include <array>
#include <charconv>

#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

uint64_t oom_kills(std::string_view memory_events) {
  constexpr std::string_view kKey = "oom_kill ";
  for (auto line : lines_of(memory_events)) {
    uint64_t count = 0;
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    (void)std::from_chars(line.data(), line.data() + line.size(), count);
    return count;
  }
  return 0;
}

OomWatcher::OomWatcher() : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  auto stop = sys::event_fd();
  if (stop.ok()) stop_ = std::move(*stop);
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

void OomWatcher::look(const std::string& id, Watched& watched) {
  auto text = sys::read_file(watched.path);
  if (!text.ok()) return;
  auto kills = oom_kills(*text);
  if (kills > watched.kills) killed_.push_back(id);
  watched.kills = kills;
}

void OomWatcher::remove(const std::string& container_id) {
  MutexLock lock(mutex_);
  auto found = watched_.find(container_id);
  if (found == watched_.end()) return;
  look(container_id, found->second);
  (void)::inotify_rm_watch(inotify_.get(), found->second.watch);  // also wakes next()
  watched_.erase(found);
}

bool OomWatcher::take(std::string& id) {
  MutexLock lock(mutex_);
  std::array<char, 4096> events{};
  while (sys::read_some(inotify_.get(), events.data(), events.size()).ok()) {
  }
  for (auto& [name, watched] : watched_) look(name, watched);
  if (killed_.empty()) return false;
  id = std::move(killed_.front());
  killed_.pop_front();
  return true;
}

Result<std::string> OomWatcher::next() {
  std::string id;
  while (!take(id)) {
    std::array<pollfd, 2> fds{{{inotify_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    TRY(sys::poll(fds, std::chrono::milliseconds(-1)));
    if (fds[1].revents != 0) return Error::make(Code::kCancelled, "the sandbox ends");
  }
  return id;
}

void OomWatcher::stop() { ignore(sys::signal_event(stop_.get())); }

}  // namespace kata::agent
