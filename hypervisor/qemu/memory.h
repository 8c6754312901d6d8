// The guest's memory, more and less while it runs: a virtio-mem device, or modules (DIMMs) in slots; and a balloon for
// what the guest cannot give back in either way. Sizes are in MiB. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "hypervisor/qemu/bridge_slots.h"
#include "hypervisor/qemu/qmp.h"
#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

class Memory {
 public:
  struct Timeouts {
    std::chrono::milliseconds command;
    std::chrono::milliseconds unplug;  // for a module
    std::chrono::milliseconds stall;   // a guest that does nothing for so long has done all that it can
  };
  // `slots`: for the virtio-mem device. Both references must outlive this object.
  Memory(Qmp& qmp, BridgeSlots& slots, const VmConfig& config, Timeouts timeouts);

  // Returns what the guest has been given and not given back. What is given in modules is used once the guest set it
  // online.
  Result<uint64_t> resize(uint64_t wanted);

 private:
  Result<> resize_virtio_mem(uint64_t extra);
  Result<> plug_virtio_mem();
  Result<uint64_t> virtio_mem_size();
  Result<> grow_by_module(uint64_t extra);
  Result<> remove_modules(uint64_t excess);
  Result<uint64_t> squeeze(uint64_t wanted);
  Result<> add_backend(const std::string& id, uint64_t size);
  uint64_t in_modules() const;
  Result<> execute(std::string_view command, const std::string& arguments);

  Qmp& qmp_;
  BridgeSlots& slots_;
  const VmConfig& config_;
  const Timeouts timeouts_;
  bool has_virtio_mem_ = false;
  uint64_t virtio_mem_ = 0;               // what the guest holds of it
  std::map<unsigned, uint64_t> modules_;  // number and size
  bool squeezed_ = false;                 // the balloon is not empty
};

}  // namespace kata::hypervisor
