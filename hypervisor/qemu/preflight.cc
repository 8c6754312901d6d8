#include "hypervisor/qemu/preflight.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hypervisor/qemu/architecture.h"
#include "hypervisor/qemu/bridge_slots.h"
#include "hypervisor/qemu/driver.h"
#include "hypervisor/qemu/jail.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/settings.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

constexpr uint64_t kMibBytes = 1U << 20U;
// A kernel that has started needs this besides its image and the initrd, or it panics before init.
constexpr uint64_t kKernelReserve = 24 * kMibBytes;
// How far a machine may grow. An emulated one has all of these from the start, and each costs its boot about 1.5 % more
// of the host's time. With KVM, QEMU 7.2's q35 has 288, and more than 255 need an IOMMU.
constexpr uint32_t kMostEmulated = 4;
constexpr uint32_t kMostVirtual = 240;

Result<> require_file(const std::string& path, std::string_view what, std::string_view key) {
  auto hint = concat("set ", key, " in the [hypervisor.qemu] table of the configuration");
  if (path.empty()) return Error::make(Code::kInvalidArgument, concat("no ", what, " is configured")).hint(hint);
  auto info = sys::stat(path);
  if (!info) return info.error().wrap(what).hint(hint);
  if (!S_ISREG(info->st_mode) && !S_ISBLK(info->st_mode)) {
    return Error::make(Code::kInvalidArgument, concat(what, " ", path, " is not a file")).hint(hint);
  }
  return sys::expect_readable(path).wrap(what);
}

Result<> check_memory(const VmConfig& config, const KernelImage& kernel) {
  uint64_t initrd = config.initrd.empty() ? 0 : static_cast<uint64_t>(TRY(sys::stat(config.initrd)).st_size);
  uint64_t needed = (initrd + kernel.memory_bytes + kKernelReserve) / kMibBytes + 1;
  if (config.memory_mib >= needed) return {};
  return Error::make(
             Code::kInvalidArgument,
             concat("a virtual machine with ", config.memory_mib, " MiB of memory is too small for its kernel (",
                    kernel.memory_bytes / kMibBytes, " MiB) and initrd (", initrd / kMibBytes, " MiB)"))
      .hint(concat("set default_memory to ", needed, " or more"));
}

Result<> check_boot_files(const VmConfig& config) {
  TRY(check_root(config.initrd, config.image));
  TRY(require_file(config.kernel, "guest kernel", "kernel"));
  if (config.image.empty()) {
    TRY(require_file(config.initrd, "guest initrd", "initrd (or image)"));
  } else {
    TRY(require_file(config.image, "guest image", "image"));
  }
  return check_memory(config, TRY(architecture().inspect_kernel(config.kernel)));
}

Result<> check_shared(const VmConfig& config) {
  for (const auto& directory : config.shared) {
    if (directory.kind == SharedDirectory::Kind::kVirtioFs) continue;
    auto info = TRY_WRAP(sys::stat(directory.path), "shared directory");
    if (!S_ISDIR(info.st_mode)) return Error::sys(ENOTDIR, "shared directory", directory.path);
  }
  return {};
}

}  // namespace

std::string find_fast_firmware() {
  for (auto path : qemu_architecture(architecture()).fast_firmware) {
    if (sys::exists(std::string(path))) return std::string(path);
  }
  return {};
}

Result<VmConfig> check_and_complete(VmConfig config) {
  config.path = TRY(kQemuDriver.find_program(config.path));
  if (config.vcpus == 0) return Error::make(Code::kInvalidArgument, "a virtual machine needs at least one vCPU");
  auto most = starts_with_all_processors(config) ? kMostEmulated : kMostVirtual;
  config.max_vcpus = std::max(config.vcpus, std::min(config.max_vcpus, most));
  if (grows_by_virtio_mem(config)) config.hot_plug = true;  // the device comes when it is first needed
  if (config.savable || is_clone(config)) {
    config.hot_plug = true;
    config.channel = clone_channel(kQemuDriver.capabilities());
  }
  auto& own = change_qemu_settings(config);
  own.bridges = std::clamp(own.bridges, 1U, kMaxBridges);
  TRY(check_boot_files(config));
  TRY(check_shared(config));
  if (!TRY(why_no_jail(config)).empty()) {
    for (auto& directory : config.shared) directory.root.clear();
  }
  if (!config.firmware.empty()) {
    TRY(require_file(config.firmware, "firmware", "firmware"));
    return config;
  }
  config.firmware = find_fast_firmware();
  return config;
}

}  // namespace kata::hypervisor
