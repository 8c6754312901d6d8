// What the other rooms know of QEMU: the driver [hypervisor.qemu].
#pragma once

#include "hypervisor/driver.h"

namespace kata::hypervisor {

class QemuDriver final : public Driver {
 public:
  std::string_view name() const override { return "qemu"; }
  Capabilities capabilities() const override;
  std::span<const OwnKey> keys() const override;
  std::unique_ptr<Settings> settings() const override;
  std::string_view program() const override;
  std::string how_to_install() const override;
  Result<std::string> version(const std::string& path) const override;
  std::vector<Finding> check_host(const VmConfig& config) const override;
  uint64_t overhead_mib() const override;
  Result<std::unique_ptr<Vm>> create(VmConfig config) const override;
  Result<std::string> clone_key(const VmConfig& config) const override;
};

extern const QemuDriver kQemuDriver;

}  // namespace kata::hypervisor
