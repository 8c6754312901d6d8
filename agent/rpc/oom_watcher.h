// Tells when the kernel killed a process of a container for want of memory.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// The counter "oom_kill" of a cgroup's memory.events; 0 when it is not there.
uint64_t oom_kills(std::string_view memory_events);

// Thread-safe. No thread of its own: whoever waits watches.
class OomWatcher {
 public:
  OomWatcher();

  // Watches a container's memory.events. Nothing for an empty path.
  void add(const std::string& container_id, const std::string& memory_events);
  // Forgets it; a kill not told yet is still told.
  void remove(const std::string& container_id);

  // Blocks until a container had a process killed; its id. kCancelled after stop().
  Result<std::string> next();
  void stop();

 private:
  struct Watched {
    int watch = -1;
    std::string path;
    uint64_t kills = 0;
  };
  void look(const std::string& id, Watched& watched);
  bool take(std::string& id);  // looks at every counter; true when there is something to tell

  Mutex mutex_;
  UniqueFd inotify_, stop_;
  std::map<std::string, Watched> watched_;
  std::deque<std::string> killed_;
};

}  // namespace kata::agent
