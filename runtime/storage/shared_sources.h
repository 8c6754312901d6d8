// What the containers of a pod have of the host's directories and files: each is shared with the guest once.
//
// A server tells files apart by the mount that it finds them in, so a directory that were shared twice would be two
// file systems in the guest: locks, sockets, FIFOs, inotify and shared maps would work within each, but not between
// them.
//
// A source is known by its file system and by what of it is seen (mounted_parts.h), not by its path. So a part of
// something that is shared already (a subPath, whatever path it is mounted at) is found below that share. When the
// whole comes after a part of it, it is shared too, and its container finds the part's share mounted over its place.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/oci/id_map.h"
#include "lib/sys/mount_namespace.h"
#include "runtime/storage/host_source.h"
#include "runtime/storage/shared_directory.h"

namespace kata::storage {

// What the guest may do. Among its containers the agent tells who may; here it is what any of them may.
enum class Access {
  kRead,     // "rro": nothing can be written
  kReadTop,  // "ro": but what is mounted below can
  kWrite,
};

// A use of a share by one mount of a container.
struct SharedUse {
  std::string share;                   // its name in the shared directory; empty: nothing is used
  std::string place;                   // below it
  Access access = Access::kWrite;      // less than was asked for when the host's own mount is read-only
  std::vector<std::string> submounts;  // places below the share where other file systems with files are mounted
  // Shares that lie at these places below this use.
  struct Covering {
    std::string place, share;
  };
  std::vector<Covering> covering;
};

// Thread-safe. The directory outlives it; `engine`, too, where the sources are looked at (null: the caller's
// namespace).
class SharedSources {
 public:
  // `by_name`: the server knows files by their names (9p), so one that is removed on the host is gone, unless it has a
  // share of its own.
  SharedSources(SharedDirectory& directory, const sys::MountNamespace* engine, bool by_name = false)
      : directory_(directory), engine_(engine), by_name_(by_name) {}

  // With other ids it is another file system to the guest: what has them is found in shares that have them, too.
  Result<SharedUse> take(const std::string& source, bool recursive, Access access,
                         const std::optional<oci::IdMap>& id_map = {}) EXCLUDES(mutex_);
  // When it was the last use, the share is taken away. Errors are logged.
  void give_back(const SharedUse& use) EXCLUDES(mutex_);

 private:
  struct Shared {
    Share share;
    std::optional<oci::IdMap> id_map;
    std::vector<int> users = std::vector<int>(3);  // for each Access
    std::vector<MountedPart> parts;                // as they are now
    bool used_for(Access least) const;
  };

  // What is to be shared, and how.
  struct Wanted {
    HostSource looked;
    const std::string& source;
    Access access;
    const std::optional<oci::IdMap>& id_map;
  };
  Result<SharedUse> take_looked_at(const Wanted& wanted) REQUIRES(mutex_);
  Result<> look_again() REQUIRES(mutex_);
  bool find(const Wanted& wanted, SharedUse& use) REQUIRES(mutex_);
  Result<> add(const Wanted& wanted, SharedUse& use) REQUIRES(mutex_);
  void find_covering(const Wanted& wanted, SharedUse& use) REQUIRES(mutex_);
  Result<> allow_writing(const HostSource& looked, const SharedUse& use) REQUIRES(mutex_);
  void count(const SharedUse& use, int by) REQUIRES(mutex_);
  void give_back_one(const std::string& share) REQUIRES(mutex_);
  std::string mount_of(const std::string& share, const std::string& place) REQUIRES(mutex_);
  std::string path_of(const std::string& share, const std::string& place = {}) const;
  bool is_at(const HostSource& looked, const std::string& share, const std::string& place) const;

  SharedDirectory& directory_;
  const sys::MountNamespace* const engine_;
  const bool by_name_;
  Mutex mutex_;  // held while a source is shared or given back: one after the other
  std::map<std::string, Shared> shares_ GUARDED_BY(mutex_);  // by name
  unsigned next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace kata::storage
