#include "hypervisor/qemu/driver.h"

#include "hypervisor/qemu/architecture.h"
#include "hypervisor/qemu/clone.h"
#include "hypervisor/qemu/host_check.h"
#include "hypervisor/qemu/preflight.h"
#include "hypervisor/qemu/qemu.h"
#include "hypervisor/qemu/settings.h"
#include "lib/base/concat.h"

namespace kata::hypervisor {

constinit const QemuDriver kQemuDriver;

Capabilities QemuDriver::capabilities() const {
  return {.pause = true,
          .save = true,
          .vsock = true,
          .serial = true,
          .shared_9p = true,
          .shared_virtio_fs = true,
          .largest_9p_message = 512U << 10U,  // more than its 128 descriptors can carry is refused
          .hot_plug_nic = true,
          .hot_plug_disk = true,
          .resize_vcpus = true,
          .resize_memory = true};
}

std::span<const OwnKey> QemuDriver::keys() const { return qemu_keys(); }

std::unique_ptr<Settings> QemuDriver::settings() const { return std::make_unique<QemuSettings>(); }

std::string_view QemuDriver::program() const { return qemu_architecture(architecture()).program; }

std::string QemuDriver::how_to_install() const {
  return concat("apt-get install ", qemu_architecture(architecture()).package);
}

Result<std::string> QemuDriver::version(const std::string& path) const { return qemu_version(path); }

std::vector<Finding> QemuDriver::check_host(const VmConfig& config) const { return check_host_for_qemu(config); }

// Measured without hardware virtualisation, whose translated code is the larger part (tb-size in arguments.cc): 70 MiB
// for QEMU 7.2 and 46 of its files, 20 for the shim and the daemon. With KVM QEMU has 13. A limit is there to catch
// what has gone astray, so it leaves room.
uint64_t QemuDriver::overhead_mib() const { return 256; }

Result<std::unique_ptr<Vm>> QemuDriver::create(VmConfig config) const {
  return make_qemu_vm(TRY(check_and_complete(std::move(config))));
}

Result<std::string> QemuDriver::clone_key(const VmConfig& config) const { return qemu_clone_key(config); }

}  // namespace kata::hypervisor
