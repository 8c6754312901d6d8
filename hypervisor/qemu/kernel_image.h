// What a guest kernel file is, from its headers: to say before the start what QEMU or the guest
// would say later in fewer words, or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace kata::hypervisor {

struct KernelImage {
  enum class Format { kPvhElf, kBzImage } format = Format::kPvhElf;
  uint64_t memory_bytes = 0;  // what it needs once loaded; for a bzImage, its compressed size
};

// Errors: not readable, neither an x86-64 ELF file nor a bzImage, an ELF file without a PVH entry.
// https://xenbits.xen.org/docs/unstable/misc/pvh.html, Documentation/arch/x86/boot.rst
Result<KernelImage> inspect_kernel(const std::string& path);

}  // namespace kata::hypervisor
