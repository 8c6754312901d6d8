// The disks that a pod's containers brought along: plugged in for the first that wants one, out after the last.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"

namespace kata::storage {

// How disks are plugged in: the keys block_device_*.
struct DiskSettings {
  hypervisor::Disk::Bus bus = hypervisor::Disk::Bus::kVirtioBlk;
  bool direct = false;
  bool no_flush = false;
  hypervisor::Disk::Aio aio = hypervisor::Disk::Aio::kThreads;
};
// What the host cannot do becomes `threads`, with a warning.
DiskSettings possible(DiskSettings wanted);

// The machine's side.
struct DiskSlots {
  std::function<Result<hypervisor::GuestAddress>(const hypervisor::Disk&)> attach;
  std::function<Result<>(const std::string& id)> detach;
};

// A block device or an image file of the host.
struct DiskSource {
  std::string path;
  bool read_only = false;  // the VMM holds the guest to it
};

// One use of a disk that is plugged in, for who plugged it in to give back.
struct PluggedDisk {
  std::string id;       // the machine's
  std::string driver;   // the agent's name of who finds it: "blk", "scsi"
  std::string address;  // in the guest
};

// Thread-safe. The machine outlives it.
class Disks {
 public:
  Disks(DiskSettings settings, DiskSlots slots) : settings_(std::move(settings)), slots_(std::move(slots)) {}

  // The same source, read-only or not, is one disk however often it is plugged in.
  Result<PluggedDisk> plug_in(const DiskSource& source);
  // Unplugs what nobody else uses. The guest must have let go of it. Errors are logged: the machine's end is the end of
  // all its disks.
  void unplug(const PluggedDisk& disk);

 private:
  using Key = std::pair<std::string, bool>;  // the host's path without links, read-only
  struct Plugged {
    PluggedDisk disk;
    unsigned uses = 0;
  };
  Result<PluggedDisk> attach(const Key& key) REQUIRES(mutex_);

  const DiskSettings settings_;
  const DiskSlots slots_;
  Mutex mutex_;
  std::map<Key, Plugged> plugged_ GUARDED_BY(mutex_);
  unsigned next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace kata::storage
