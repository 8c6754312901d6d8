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

void renumber_rules(grpc::LinuxResources& resources, const grpc::LinuxDevice& old, int64_t major, int64_t minor) {
  for (auto& rule : *resources.mutable_devices()) {
    if (rule.type() != old.type() || rule.major() != old.major() || rule.minor() != old.minor()) continue;
    rule.set_major(major);
    rule.set_minor(minor);
  }
}

Result<> apply_device(const grpc::Device& device, grpc::Spec& spec, std::chrono::milliseconds timeout) {
  if (!is_block_driver(device.type())) {
    return Error::make(Code::kUnimplemented, concat("the agent has no device driver \"", device.type(), "\" (for ",
                                                    device.container_path(), ")"));
  }
  auto address = device.id().empty() ? device.vm_path() : device.id();
  auto node = TRY(wait_for_block_device(device.type(), address, timeout));
  auto number = TRY(sys::stat(node)).st_rdev;
  auto& linux = *spec.mutable_linux();
  for (auto& entry : *linux.mutable_devices()) {
    if (entry.path() != device.container_path()) continue;
    renumber_rules(*linux.mutable_resources(), entry, gnu_dev_major(number), gnu_dev_minor(number));
    entry.set_major(gnu_dev_major(number));
    entry.set_minor(gnu_dev_minor(number));
    return {};
  }
  return Error::make(Code::kInvalidArgument,
                     concat("device ", device.container_path(), " is not in the container's specification"));
}

}  // namespace

Result<> apply_devices(const google::protobuf::RepeatedPtrField<grpc::Device>& devices, grpc::Spec& spec,
                       std::chrono::milliseconds hotplug_timeout) {
  for (const auto& device : devices) TRY(apply_device(device, spec, hotplug_timeout));
  return {};
}

}  // namespace kata::agent
