// Which devices the processes of a control group may open and make nodes of: a BPF program that the kernel asks.
// https://docs.kernel.org/bpf/prog_cgroup_sysctl.html is its sister; uapi/linux/bpf.h has struct bpf_cgroup_dev_ctx.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::cgroup {

// One entry of linux.resources.devices.
struct DeviceRule {
  enum class Type { kAny, kBlock, kCharacter };

  bool allow = false;
  Type type = Type::kAny;
  std::optional<uint32_t> major, minor;  // nothing: every one
  uint32_t access = 0;                   // BPF_DEVCG_ACC_MKNOD | _READ | _WRITE
};

constexpr uint32_t kEveryAccess = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;

// The letters r, w and m; anything else is kInvalidArgument.
Result<uint32_t> device_access(const std::string& letters);

// For each access that is asked for the last rule that names it and the device decides; what no rule names is
// forbidden. Pure.
std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules);

// Attaches the program to the group in this directory. It stays until the group goes; groups below may forbid more, and
// cannot allow more. A second call adds a second program.
Result<> filter_devices(const std::string& directory, const std::vector<DeviceRule>& rules);

}  // namespace kata::cgroup
