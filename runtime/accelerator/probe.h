// What this host can run virtual machines with, found out by trying, and why.
#pragma once

#include <string>

#include "hypervisor/vm.h"
#include "lib/base/result.h"
#include "runtime/config/config.h"

namespace kata::accelerator {

// One finding: usable or not, the evidence, and what would mend it, as hints say it ("run modprobe vhost_vsock"); may
// be empty.
struct Finding {
  bool usable = false;
  std::string reason;
  std::string fix;
};

Finding probe_kvm();  // CPU flags, modules, permissions, a tiny guest; PVM is recognised
Finding probe_vhost_vsock();
Finding probe_vhost_net();

struct AcceleratorChoice {
  hypervisor::Accelerator accelerator = hypervisor::Accelerator::kTcg;
  std::string accelerator_reason;
  // Time-outs are a base value times this.
  int timeout_factor = 1;
};
struct ChannelChoice {
  hypervisor::Channel channel = hypervisor::Channel::kSerial;
  std::string channel_reason;
};
struct Choice : AcceleratorChoice, ChannelChoice {};

// What is forced and can't work is an error that says why and what would fix it.
Result<AcceleratorChoice> choose_accelerator(config::Accelerator wanted);
// Of the channels that the hypervisor offers; vsock is the better one, where the host has it.
Result<ChannelChoice> choose_channel(config::Channel wanted, const hypervisor::Capabilities& capabilities);
// Both, as the configuration wants them.
Result<Choice> choose(const config::Hypervisor& config);

}  // namespace kata::accelerator
