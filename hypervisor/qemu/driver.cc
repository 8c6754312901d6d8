#include "hypervisor/qemu/driver.h"

#include "hypervisor/qemu/clone.h"
#include "hypervisor/qemu/preflight.h"
#include "hypervisor/qemu/qemu.h"

namespace kata::hypervisor {

constinit const QemuDriver kQemuDriver;

Capabilities QemuDriver::capabilities() const {
  return {.pause = true,
          .save = true,
          .shared_9p = true,
          .shared_virtio_fs = true,
          .hot_plug_nic = true,
          .hot_plug_disk = true,
          .resize_vcpus = true,
          .resize_memory = true};
}

Result<std::unique_ptr<Vm>> QemuDriver::create(VmConfig config) const {
  return make_qemu_vm(TRY(check_and_complete(std::move(config))));
}

Result<std::string> QemuDriver::clone_key(const VmConfig& config) const { return qemu_clone_key(config); }

}  // namespace kata::hypervisor
