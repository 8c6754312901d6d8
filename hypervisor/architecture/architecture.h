// What differs from one processor architecture to the next, whatever the VMM: one table entry each, in x86_64.cc and
// arm64.cc. What a VMM needs to know besides (its binary, its machine, its processor model) stands in the VMM's own
// folder, in a table with the same names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::hypervisor {

// What a guest kernel file is, from its headers.
struct KernelImage {
  enum class Format { kPvhElf, kBzImage, kArm64Image } format = Format::kPvhElf;
  uint64_t memory_bytes = 0;  // what it needs once loaded; of a kernel that unpacks itself, its compressed size
  bool unpacks_itself = false;
};

struct Architecture {
  std::string_view name;         // uname(2)'s machine: "x86_64"
  std::string_view engine_name;  // the container engines' (Go's): "amd64"

  // The guest's kernel.
  std::string_view console;                               // the serial port that the VMM gives it: "ttyS0"
  std::span<const std::string_view> kernel_parameters;    // of every guest
  std::span<const std::string_view> emulated_parameters;  // and of one that is emulated
  uint32_t (*counter_khz)();  // of the time stamp counter, for an emulated guest; 0: unknown
  size_t longest_command_line;
  uint64_t memory_block_mib;  // what Linux adds and removes at once
  // Says before the start what the VMM or the guest would say later in fewer words, or not at all. Errors: the file is
  // not readable, is for another architecture, or is nothing that can be booted directly.
  Result<KernelImage> (*inspect_kernel)(const std::string& path);

  // Words of /proc/cpuinfo's "flags", one of which a processor that can run guests has; empty: the flags do not tell.
  std::span<const std::string_view> virtualisation_flags;
  std::string_view nested_flag;  // the host is a virtual machine itself; empty: the flags do not tell
  // Runs a guest of a few instructions on an open /dev/kvm, in about a millisecond, and looks at its answer: proof that
  // the kernel's KVM runs guest code. Null: nobody has written one.
  Result<> (*run_probe_guest)(int kvm);
};

// The one that this program was built for.
const Architecture& architecture();

extern const Architecture kX86_64;
extern const Architecture kArm64;

}  // namespace kata::hypervisor
