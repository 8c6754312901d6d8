#include "agent/storage/devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // macros, and names of fields
#undef minor

#include "agent/storage/block_device.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

// Each entry once: a number of the guest may be that of another device on the host.
template <typename Entry>
void renumber_entry(Entry& entry, const std::vector<Renumbered>& devices) {
  for (const auto& device : devices) {
    if (entry.major() != device.host.major || entry.minor() != device.host.minor) continue;
    entry.set_major(device.guest.major);
    entry.set_minor(device.guest.minor);
    return;
  }
}

template <typename Entries>
void renumber_all(Entries& entries, const std::vector<Renumbered>& devices) {
  for (auto& entry : entries) renumber_entry(entry, devices);
}

Result<Renumbered> apply_device(const grpc::Device& device, grpc::Spec& spec, std::chrono::milliseconds timeout) {
  if (!is_block_driver(device.type())) {
    return Error::make(Code::kUnimplemented, concat("the agent has no device driver \"", device.type(), "\" (for ",
                                                    device.container_path(), ")"));
  }
  auto address = device.id().empty() ? device.vm_path() : device.id();
  auto node = TRY(wait_for_block_device(device.type(), address, timeout));
  auto number = TRY(sys::stat(node)).st_rdev;
  for (auto& entry : *spec.mutable_linux()->mutable_devices()) {
    if (entry.path() != device.container_path()) continue;
    Renumbered out{{entry.major(), entry.minor()}, {gnu_dev_major(number), gnu_dev_minor(number)}};
    renumber_entry(entry, {out});
    return out;
  }
  return Error::make(Code::kInvalidArgument,
                     concat("device ", device.container_path(), " is not in the container's specification"));
}

}  // namespace

void renumber(grpc::LinuxResources& resources, const std::vector<Renumbered>& devices) {
  for (auto& rule : *resources.mutable_devices()) {
    if (rule.type() == "b") renumber_entry(rule, devices);
  }
  if (!resources.has_blockio()) return;
  auto& block_io = *resources.mutable_blockio();
  renumber_all(*block_io.mutable_weightdevice(), devices);
  renumber_all(*block_io.mutable_throttlereadbpsdevice(), devices);
  renumber_all(*block_io.mutable_throttlewritebpsdevice(), devices);
  renumber_all(*block_io.mutable_throttlereadiopsdevice(), devices);
  renumber_all(*block_io.mutable_throttlewriteiopsdevice(), devices);
}

Result<std::vector<Renumbered>> apply_devices(const google::protobuf::RepeatedPtrField<grpc::Device>& devices,
                                              grpc::Spec& spec, std::chrono::milliseconds hotplug_timeout) {
  std::vector<Renumbered> out;
  for (const auto& device : devices) out.push_back(TRY(apply_device(device, spec, hotplug_timeout)));
  if (spec.linux().has_resources()) renumber(*spec.mutable_linux()->mutable_resources(), out);
  return out;
}

}  // namespace kata::agent
