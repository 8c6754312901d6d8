// QEMU's command line for a virtual machine.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/architecture/architecture.h"
#include "hypervisor/vm.h"
#include "lib/base/result.h"

namespace kata::hypervisor {

// Descriptors that QEMU inherits, under the numbers that they have in this process. -1: not used.
struct InheritedFds {
  int qmp = -1;
  int console = -1;
  int agent = -1;  // the virtio-serial channel's socket
  int vhost_vsock = -1;
  uint32_t guest_cid = 0;
  std::vector<int> nics;  // of all VmConfig::nics: the taps and vhost descriptors in them
  int memory = -1;        // the guest's, a file of its size

  std::vector<int> list() const;
};

// Where QEMU writes what the guest does wrong; empty: nowhere.
std::string log_file(const VmConfig& config);

// `config.firmware` must be a file, or empty for QEMU's default. Works with QEMU 7.2 and later.
Result<std::vector<std::string>> qemu_arguments(const VmConfig& config, const InheritedFds& fds,
                                                const Architecture& architecture);

}  // namespace kata::hypervisor
