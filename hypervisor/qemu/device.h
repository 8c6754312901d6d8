// One description of a device, and the two ways in which QEMU takes it: as an option of its command line when the
// machine starts, and as the arguments of a QMP command while it runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hypervisor/qemu/bridge_slots.h"
#include "hypervisor/vm.h"

namespace kata::hypervisor {

// The first property is what the device is: its value stands alone in an option.
class Properties {
 public:
  using Value = std::variant<bool, int64_t, std::string>;

  Properties(std::string key, std::string value) { add(std::move(key), std::move(value)); }
  void add(std::string key, Value value) { all_.emplace_back(std::move(key), std::move(value)); }

  std::string option() const;  // "virtio-net-pci,id=net0,mq=on"
  std::string json() const;    // {"driver": "virtio-net-pci", "id": "net0", "mq": true}

 private:
  std::vector<std::pair<std::string, Value>> all_;
};

// Descriptors as QEMU wants them: numbers for those that it inherits, names for those that it was handed; "7:8".
struct NicDescriptors {
  std::string taps;
  std::string vhost;  // empty: none
};
Properties nic_backend(const Nic& nic, const NicDescriptors& descriptors);
Properties nic_device(const Nic& nic, const std::optional<BridgeSlot>& slot);

// virtio-fs, on the daemon's socket behind `chardev`.
Properties virtio_fs_device(const SharedDirectory& directory, const std::string& chardev,
                            const std::optional<BridgeSlot>& slot);

// A comma ends a value in QEMU's option syntax; two are one.
std::string escaped(std::string_view value);

}  // namespace kata::hypervisor
