// The keys that only [hypervisor.qemu] has.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hypervisor/settings.h"
#include "hypervisor/vm.h"

namespace kata::hypervisor {

// System calls that QEMU has no use for: old ones, other identities, new programs, the scheduling of others.
inline constexpr std::string_view kSeccompSandbox =
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

struct QemuSettings final : Settings {
  std::string machine_type;                      // empty: the architecture's (architecture.h)
  std::string machine_accelerators;              // more options of -machine
  std::string cpu_features;                      // more options of -cpu
  std::string seccomp_sandbox{kSeccompSandbox};  // -sandbox; empty: none
  bool jail = true;                              // jail.h
  uint32_t memory_slots = 0;                     // for modules of memory; each costs boot time
  uint32_t bridges = 1;                          // for devices that are plugged in, up to 5

  std::unique_ptr<Settings> clone() const override { return std::make_unique<QemuSettings>(*this); }
};

std::span<const OwnKey> qemu_keys();

// Those of `config`, or the defaults when it has none.
const QemuSettings& qemu_settings(const VmConfig& config);

// For tests: `config` with settings of its own, to be changed.
QemuSettings& change_qemu_settings(VmConfig& config);

}  // namespace kata::hypervisor
