#include "hypervisor/qemu/bridge_slots.h"

#include <cstdio>

#include "lib/base/concat.h"

namespace kata::hypervisor {

namespace {

std::string hexadecimal(const char* format, unsigned a, unsigned b = 0) {
  std::array<char, 16> out{};
  (void)std::snprintf(out.data(), out.size(), format, a, b);
  return out.data();
}

unsigned slot_of(unsigned bridge) { return 0x1e - bridge; }

}  // namespace

std::string bridge_id(unsigned bridge) { return concat("bridge", bridge); }

std::string bridge_address(unsigned bridge) { return hexadecimal("0x%x", slot_of(bridge)); }

std::string BridgeSlot::bus() const { return bridge_id(bridge); }

std::string BridgeSlot::address() const { return hexadecimal("0x%x", slot); }

std::string BridgeSlot::guest_path() const { return hexadecimal("%02x/%02x", slot_of(bridge), slot); }

BridgeSlots::BridgeSlots(unsigned bridges) : taken_(bridges) {}

std::optional<BridgeSlot> BridgeSlots::take() {
  MutexLock lock(mutex_);
  for (unsigned bridge = 0; bridge < taken_.size(); ++bridge) {
    for (unsigned slot = kFirst; slot <= kLast; ++slot) {
      if ((taken_[bridge] >> slot & 1U) != 0) continue;
      taken_[bridge] |= 1U << slot;
      return BridgeSlot{bridge, slot};
    }
  }
  return {};
}

void BridgeSlots::give_back(const BridgeSlot& slot) {
  MutexLock lock(mutex_);
  taken_.at(slot.bridge) &= ~(1U << slot.slot);
}

}  // namespace kata::hypervisor
