// arm64, as far as it is known from the documentation. No part of it was ever run on an arm64 host: what the tests show
// is that the table is complete and what a VMM's driver makes of it.
#include <array>
#include <cstring>

#include "hypervisor/architecture/architecture.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

constexpr std::array<std::string_view, 2> kParameters = {
    "random.trust_cpu=on",
    "swiotlb=noforce",
};

constexpr std::array<std::string_view, 2> kEmulated = {"mitigations=off", "nokaslr"};

// The header of an Image: Documentation/arch/arm64/booting.rst. All numbers are little-endian.
constexpr size_t kImageSizeAt = 16;
constexpr size_t kMagicAt = 56;
constexpr size_t kHeader = 64;

Result<KernelImage> inspect_arm64_kernel(const std::string& path) {
  auto fd = TRY(sys::open(path, O_RDONLY));
  std::array<char, kHeader> header{};
  auto got = TRY(sys::read_some(fd.get(), header.data(), header.size()));
  if (got == header.size() && std::memcmp(&header[kMagicAt], "ARM\x64", 4) == 0) {
    KernelImage out{.format = KernelImage::Format::kArm64Image};
    for (size_t i = 0; i < sizeof out.memory_bytes; ++i) {
      out.memory_bytes |= uint64_t{static_cast<unsigned char>(header[kImageSizeAt + i])} << (8 * i);
    }
    return out;
  }
  return Error::make(Code::kInvalidArgument, concat("guest kernel ", path, " is not an arm64 Image"))
      .hint("use arch/arm64/boot/Image, not compressed");
}

}  // namespace

constinit const Architecture kArm64 = {
    .name = "aarch64",
    .engine_name = "arm64",
    .console = "ttyAMA0",
    .kernel_parameters = kParameters,
    .emulated_parameters = kEmulated,
    .counter_khz = nullptr,        // the guest reads the frequency from a register (CNTFRQ_EL0)
    .longest_command_line = 2047,  // COMMAND_LINE_SIZE less its NUL, arch/arm64/include/uapi/asm/setup.h
    .memory_block_mib = 128,       // SECTION_SIZE_BITS with pages of 4 KiB, arch/arm64/include/asm/sparsemem.h
    .inspect_kernel = inspect_arm64_kernel,
    .virtualisation_flags = {},  // /dev/kvm is there, or it is not
    .nested_flag = {},
    .run_probe_guest = nullptr,
};

}  // namespace kata::hypervisor
