// Where devices that come while the guest runs are plugged in: conventional PCI bridges on the root bus, which ACPI
// hot-plug serves. Measured under TCG (median of 5): 0.0 s of boot time for a bridge and its slots, 0.1 s for 8
// pcie-root-ports of one slot each. Thread-safe.
//
// The guest's kernel gives a bridge a window of addresses only when a device is behind it at boot, and the smallest, 1
// MiB, is enough for all slots. So slot 1 of each bridge holds a device from the start.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/mutex.h"

namespace kata::hypervisor {

inline constexpr unsigned kMaxBridges = 5;

struct BridgeSlot {
  unsigned bridge = 0;
  unsigned slot = 0;

  std::string bus() const;         // QEMU's: "bridge0"
  std::string address() const;     // QEMU's: "0x3"
  std::string guest_path() const;  // the agent's: "1e/03"
};

std::string bridge_id(unsigned bridge);
// Of a bridge on the root bus: from 0x1e downwards, while QEMU gives other devices slots from 1 upwards.
std::string bridge_address(unsigned bridge);  // QEMU's: "0x1e"

class BridgeSlots {
 public:
  static constexpr unsigned kFirst = 2;  // QEMU keeps 0 for a hot-plug controller that we switch off
  static constexpr unsigned kLast = 31;

  explicit BridgeSlots(unsigned bridges);
  std::optional<BridgeSlot> take();  // nothing when all are taken
  void give_back(const BridgeSlot& slot);

 private:
  Mutex mutex_;
  std::vector<uint32_t> taken_ GUARDED_BY(mutex_);  // a bit for each slot
};

}  // namespace kata::hypervisor
