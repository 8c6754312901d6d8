// Tells when the kernel killed a process of a container for want of memory.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// The counter "oom_kill" of a cgroup's memory.events; 0 when it is not there.
uint64_t oom_kills(const std::string& memory_events);

struct OomKill {
  std::string container;
  uint64_t kills = 0;  // in it so far
};

// Thread-safe. It has no thread of its own: whoever waits in next() watches.
class OomWatcher {
 public:
  static Result<std::unique_ptr<OomWatcher>> create();

  // Watches a container's memory.events. With an empty path it does nothing.
  void add(const std::string& container_id, const std::string& memory_events);
  // Forgets the container. A kill that nobody has been told of is still told.
  void remove(const std::string& container_id);

  // Blocks until a process of a container has been killed. kCancelled after stop().
  Result<OomKill> next();
  void stop();

 private:
  struct Watched {
    int watch = -1;
    std::string path;
    uint64_t kills = 0;
  };
  OomWatcher(UniqueFd inotify, UniqueFd stop) : inotify_(std::move(inotify)), stop_(std::move(stop)) {}
  void read_counter(const std::string& id, Watched& watched) REQUIRES(mutex_);
  // Reads every counter; what is to be told next, or nothing.
  std::optional<OomKill> take_next() EXCLUDES(mutex_);

  const UniqueFd inotify_;
  const UniqueFd stop_;  // an eventfd, readable from stop() on

  Mutex mutex_;
  std::map<std::string, Watched> watched_ GUARDED_BY(mutex_);  // by container
  std::deque<OomKill> killed_ GUARDED_BY(mutex_);              // what nobody has been told of
};

}  // namespace kata::agent
