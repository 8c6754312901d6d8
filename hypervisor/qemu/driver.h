// What the other rooms know of QEMU: the driver [hypervisor.qemu].
#pragma once

#include "hypervisor/driver.h"

namespace kata::hypervisor {

class QemuDriver final : public Driver {
 public:
  std::string_view name() const override { return "qemu"; }
  Capabilities capabilities() const override;
  Result<std::unique_ptr<Vm>> create(VmConfig config) const override;
  Result<std::string> clone_key(const VmConfig& config) const override;
};

extern const QemuDriver kQemuDriver;

}  // namespace kata::hypervisor
