// The volumes of the host that are copies in the guest's memory, each of which follows its source: the storage driver
// "watchable-bind". Upstream's runtimes ask for it for every ConfigMap, Secret and the like.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "agent/storage/mirror.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/sys/thread.h"

namespace kata::agent {

// Thread-safe. It has a thread while there is something to follow, or has been.
class FollowedVolumes {
 public:
  FollowedVolumes() = default;
  ~FollowedVolumes();  // stops looking
  FollowedVolumes(const FollowedVolumes&) = delete;
  FollowedVolumes& operator=(const FollowedVolumes&) = delete;

  // Makes `target` a copy of `source`, and follows it. The directory that holds `target` becomes a tmpfs, because it
  // may lie in what the host shares and does not let us write to. False: the source is too big for that; nothing was
  // made at `target`, where the caller may mount it.
  Result<bool> add(const std::string& source, const std::string& target);
  // No longer follows what is at `target`; the copy stays.
  void remove(const std::string& target);

 private:
  struct Volume {
    Mutex mutex;  // one round at a time
    std::string target;
    Mirror mirror GUARDED_BY(mutex);
    bool removed GUARDED_BY(mutex) = false;
    bool failed GUARDED_BY(mutex) = false;  // said so already
    Volume(std::string where, Mirror made) : target(std::move(where)), mirror(std::move(made)) {}
  };
  Result<> prepare(const std::string& directory) REQUIRES(mutex_);
  void run();
  static void follow(Volume& volume);

  Mutex mutex_;
  Condition changed_;
  bool stop_ GUARDED_BY(mutex_) = false;
  std::set<std::string> prepared_ GUARDED_BY(mutex_);                          // directories that are a tmpfs by now
  std::map<std::string, std::shared_ptr<Volume>> volumes_ GUARDED_BY(mutex_);  // by target
  sys::Thread thread_;
};

}  // namespace kata::agent
