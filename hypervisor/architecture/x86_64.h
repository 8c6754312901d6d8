// The parts of x86_64's entry that are more than data.
#pragma once

#include <cstdint>
#include <string>

#include "hypervisor/architecture/architecture.h"

namespace kata::hypervisor {

// An uncompressed vmlinux with a PVH entry point, or a bzImage.
// https://xenbits.xen.org/docs/unstable/misc/pvh.html, Documentation/arch/x86/boot.rst
Result<KernelImage> inspect_x86_64_kernel(const std::string& path);

// The frequency of the processor's time stamp counter, which an emulated guest sees unchanged. In kHz, within 0.01 % or
// so; 0 where the counter's pace varies or can't be measured. The first call takes 2 ms. Thread-safe.
uint32_t host_tsc_khz();

// `kvm`: an open /dev/kvm. Success: a guest of a few instructions ran and gave the right answer.
// https://www.kernel.org/doc/Documentation/virtual/kvm/api.txt
Result<> run_x86_64_probe_guest(int kvm);

}  // namespace kata::hypervisor
