// Devices that come and go while the machine runs.
//
// All methods are thread-safe; the descriptors of a Nic stay the caller's. The client must outlive this object.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "hypervisor/qemu/bridge_slots.h"
#include "hypervisor/qemu/qmp.h"
#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

class HotPlug {
 public:
  struct Timeouts {
    std::chrono::milliseconds command;
    std::chrono::milliseconds unplug;
  };
  HotPlug(Qmp& qmp, BridgeSlots& slots, Timeouts timeouts) : qmp_(qmp), slots_(slots), timeouts_(timeouts) {}

  // A device that the machine started with.
  void started_with(const Nic& nic, const BridgeSlot& slot);

  Result<GuestAddress> attach(const Nic& nic);
  Result<GuestAddress> attach(const Disk& disk);
  // Of virtio-fs, which stays.
  Result<> attach(const SharedDirectory& directory);
  Result<> detach(const std::string& id);

 private:
  enum class Kind { kNic, kBlk, kScsi };
  struct Device {
    Kind kind = Kind::kNic;
    std::optional<BridgeSlot> slot;
    unsigned scsi_id = 0;
    bool busy = true;  // being plugged or unplugged
  };

  Result<Device> reserve(const std::string& id, Kind kind);
  void forget(const std::string& id);
  void set_busy(const std::string& id, bool busy);
  Result<> plug(const Nic& nic, const Device& device);
  Result<> plug(const Disk& disk, const Device& device);
  Result<> add_backend(const Disk& disk);
  Result<> plug(const SharedDirectory& directory, const BridgeSlot& slot);
  Result<std::string> give_fds(const std::string& prefix, const std::vector<int>& fds);
  Result<> ensure_scsi_controller();
  Result<> remove_backend(const std::string& id, Kind kind);
  Result<> execute(std::string_view command, const std::string& arguments);

  Qmp& qmp_;
  BridgeSlots& slots_;
  const Timeouts timeouts_;
  Mutex mutex_;
  std::map<std::string, Device> devices_ GUARDED_BY(mutex_);
  Mutex fd_mutex_;    // QEMU keeps one set of descriptors for its next command
  Mutex scsi_mutex_;  // who comes first plugs the controller
  bool scsi_controller_ GUARDED_BY(scsi_mutex_) = false;
};

}  // namespace kata::hypervisor
