// QEMU's part of each processor architecture (hypervisor/architecture has the rest).
#pragma once

#include <span>
#include <string_view>

#include "hypervisor/architecture/architecture.h"

namespace kata::hypervisor {

struct QemuArchitecture {
  std::string_view program;
  std::string_view package;  // Debian's, with it
  std::string_view machine;  // the key machine_type's default
  // Options of -machine for types whose name starts with one of `family`: what a container never uses, switched off.
  std::span<const std::string_view> family;
  std::string_view machine_options;
  std::string_view emulated_processor;  // of -cpu; with KVM it is "host"
  // Firmware that only starts kernels, the first that there is; none: the machine starts a kernel without firmware.
  std::span<const std::string_view> fast_firmware;
};

const QemuArchitecture& qemu_architecture(const Architecture& architecture);

}  // namespace kata::hypervisor
