// The disks that a pod's containers brought along: plugged in for the first that wants one, out after the last.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "runtime/storage/container_storage.h"

namespace kata::storage {

// How disks are plugged in: the keys block_device_*.
struct DiskSettings {
  hypervisor::Disk::Bus bus = hypervisor::Disk::Bus::kVirtioBlk;
  bool direct = false;
  bool no_flush = false;
  std::string aio = "threads";
};
// What the host cannot do becomes `threads`, with a warning.
DiskSettings possible(DiskSettings wanted);

// The machine's side.
struct DiskSlots {
  std::function<Result<std::string>(const hypervisor::Disk&)> attach;
  std::function<Result<>(const std::string& id)> detach;
};

// Thread-safe. The machine outlives it.
class Disks {
 public:
  Disks(DiskSettings settings, DiskSlots slots) : settings_(std::move(settings)), slots_(std::move(slots)) {}

  // One address for each, in order. All or none.
  Result<std::vector<DiskAddress>> add(const std::vector<DiskVolume>& disks, const std::string& container);
  // Unplugs what nobody else uses. The guest must have let go. Errors are logged: the machine's end is the end of
  // all its disks.
  void release(const std::string& container);

 private:
  using Key = std::pair<std::string, bool>;  // the host's path, read-only
  struct Plugged {
    std::string id;
    std::string address;
    std::set<std::string> users;
  };

  Result<DiskAddress> add_one(const DiskVolume& disk, const std::string& container);
  void release_locked(const std::string& container);

  const DiskSettings settings_;
  const DiskSlots slots_;
  Mutex mutex_;
  std::map<Key, Plugged> plugged_;
  unsigned next_ = 0;
};

}  // namespace kata::storage
