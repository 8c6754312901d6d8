#include "hypervisor/qemu/settings.h"

#include <array>

#include "hypervisor/qemu/annotation_guards.h"
#include "hypervisor/qemu/architecture.h"

namespace kata::hypervisor {

namespace {

template <auto Member>
OwnKey::Target to(Settings& settings) {
  return &(static_cast<QemuSettings&>(settings).*Member);
}

}  // namespace

std::span<const OwnKey> qemu_keys() {
  static const std::array<OwnKey, 7> kKeys = {{
      {.name = "machine_type",
       .fallback = qemu_architecture(architecture()).machine,
       .target = to<&QemuSettings::machine_type>,
       .doc = "QEMU's machine.",
       .annotation = "machine_type",
       .guard = only_a_machine},
      {.name = "machine_accelerators",
       .fallback = std::string_view(),
       .target = to<&QemuSettings::machine_accelerators>,
       .doc = "More options of QEMU's `-machine`, separated by commas.",
       .annotation = "machine_accelerators",
       .guard = only_machine_switches},
      {.name = "cpu_features",
       .fallback = std::string_view(),
       .target = to<&QemuSettings::cpu_features>,
       .doc = "More options of QEMU's `-cpu`, separated by commas: `pmu=off`.",
       .annotation = "cpu_features",
       .guard = only_cpu_features},
      {.name = "seccomp_sandbox",
       .fallback = kSeccompSandbox,
       .target = to<&QemuSettings::seccomp_sandbox>,
       .doc = "QEMU's `-sandbox`: system calls that it refuses itself. Empty: none.",
       .alias = "seccompsandbox"},
      {.name = "jail",
       .fallback = true,
       .target = to<&QemuSettings::jail>,
       .doc = "QEMU sees nothing of the host but what the machine needs, and has no capabilities: "
              "[threat model](threat-model.md)."},
      {.name = "memory_slots",
       .fallback = int64_t{10},
       .target = to<&QemuSettings::memory_slots>,
       .doc = "Slots for memory that is added later, with `enable_virtio_mem = false`.",
       .annotation = "memory_slots",
       .low = 0,
       .high = 255},
      {.name = "default_bridges",
       .fallback = int64_t{1},
       .target = to<&QemuSettings::bridges>,
       .doc = "PCI bridges for devices that are plugged in later, 30 on each.",
       .annotation = "default_bridges",
       .low = 1,
       .high = 5,
       .clamped = true},
  }};
  return kKeys;
}

const QemuSettings& qemu_settings(const VmConfig& config) {
  static const QemuSettings kDefaults;
  const auto* own = dynamic_cast<const QemuSettings*>(config.own.get());
  return own == nullptr ? kDefaults : *own;
}

QemuSettings& change_qemu_settings(VmConfig& config) {
  config.own = OwnSettings(std::make_unique<QemuSettings>(qemu_settings(config)));
  return static_cast<QemuSettings&>(*config.own.get());
}

}  // namespace kata::hypervisor
