#include "hypervisor/qemu/device.h"

#include <nlohmann/json.hpp>

#include "hypervisor/qemu/json_text.h"

namespace kata::hypervisor {

namespace {

void put_in_slot(Properties& device, const std::optional<BridgeSlot>& slot) {
  if (!slot) return;
  device.add("bus", slot->bus());
  device.add("addr", slot->address());
}

}  // namespace

std::string escaped(std::string_view value) {
  std::string out;
  for (char c : value) out.append(c == ',' ? 2 : 1, c);
  return out;
}

std::string Properties::option() const {
  struct Text {
    std::string operator()(bool value) const { return value ? "on" : "off"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::string& value) const { return escaped(value); }
  };
  std::string out;
  for (const auto& [key, value] : all_) {
    if (!out.empty()) out.append(",").append(key).append("=");
    out.append(std::visit(Text{}, value));
  }
  return out;
}

std::string Properties::json() const {
  nlohmann::json out;
  for (const auto& [key, value] : all_) {
    std::visit([&, &name = key](const auto& content) { out[name] = content; }, value);
  }
  return json_text(out);
}

Properties nic_backend(const Nic& nic, const NicDescriptors& descriptors) {
  Properties out("type", "tap");
  out.add("id", nic.id);
  out.add("fds", descriptors.taps);
  if (descriptors.vhost.empty()) return out;
  out.add("vhost", true);
  out.add("vhostfds", descriptors.vhost);
  return out;
}

Properties nic_device(const Nic& nic, const std::optional<BridgeSlot>& slot) {
  Properties out("driver", "virtio-net-pci");
  out.add("disable-legacy", "on");
  out.add("romfile", "");  // nobody boots from it
  out.add("id", nic.id);
  out.add("netdev", nic.id);
  out.add("mac", nic.mac);
  if (nic.taps.size() > 1) {
    out.add("mq", true);
    out.add("vectors", static_cast<int64_t>(nic.taps.size() * 2 + 2));
  }
  put_in_slot(out, slot);
  return out;
}

Properties virtio_fs_device(const SharedDirectory& directory, const std::string& chardev,
                            const std::optional<BridgeSlot>& slot) {
  Properties out("driver", "vhost-user-fs-pci");
  out.add("queue-size", int64_t{directory.queue_size});
  out.add("chardev", chardev);
  out.add("tag", directory.tag);
  put_in_slot(out, slot);
  return out;
}

}  // namespace kata::hypervisor
