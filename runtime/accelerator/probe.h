// What this host can run virtual machines with, found out by trying, and why.
#pragma once

#include <string>

#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::accelerator {

// One finding: usable or not, the evidence, and the exact command that would fix it (may be empty).
struct Finding {
  bool usable = false;
  std::string reason;
  std::string fix;
};

Finding probe_kvm();  // CPU flags, modules, permissions, a tiny guest; PVM is recognised
Finding probe_vhost_vsock();
Finding probe_vhost_net();

struct Choice {
  hypervisor::Accelerator accelerator;
  hypervisor::Channel channel;
  std::string accelerator_reason;
  std::string channel_reason;
  // Time-outs are a base value times this.
  int timeout_factor = 1;
};

// `accelerator`: "auto", "kvm", "tcg"; `channel`: "auto", "vsock", "virtio-serial".
// What is forced and can't work is an error that says why and what would fix it.
Result<Choice> choose(const std::string& accelerator, const std::string& channel);

}  // namespace kata::accelerator
