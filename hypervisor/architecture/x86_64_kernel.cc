#include <elf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "hypervisor/architecture/x86_64.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

constexpr uint32_t kPvhEntryNote = 18;          // XEN_ELFNOTE_PHYS32_ENTRY
constexpr size_t kBootSignatureOffset = 0x202;  // "HdrS"
constexpr size_t kMaxNotes = 64U << 10U;
constexpr size_t kMaxSegments = 64;

bool read_at(int fd, void* out, size_t length, uint64_t offset) {
  return ::pread(fd, out, length, static_cast<off_t>(offset)) == static_cast<ssize_t>(length);
}

uint64_t aligned(uint64_t size) { return (size + 3) & ~uint64_t{3}; }

// True when these notes hold Xen's 32-bit physical entry point.
bool has_pvh_note(std::string_view notes) {
  Elf64_Nhdr header{};
  while (notes.size() >= sizeof header) {
    std::memcpy(&header, notes.data(), sizeof header);
    notes.remove_prefix(sizeof header);
    auto name_size = aligned(header.n_namesz);
    auto total = name_size + aligned(header.n_descsz);
    if (total > notes.size()) return false;
    if (header.n_type == kPvhEntryNote && notes.substr(0, 4) == std::string_view("Xen\0", 4)) return true;
    notes.remove_prefix(total);
  }
  return false;
}

bool segment_has_pvh_note(int fd, const Elf64_Phdr& segment) {
  std::string notes(std::min<uint64_t>(segment.p_filesz, kMaxNotes), '\0');
  return read_at(fd, notes.data(), notes.size(), segment.p_offset) && has_pvh_note(notes);
}

Result<KernelImage> inspect_elf(int fd, const std::string& path, const Elf64_Ehdr& header) {
  auto wrong = [&](std::string_view why) {
    return Error::make(Code::kInvalidArgument, concat("guest kernel ", path, " ", why))
        .hint("use a vmlinux built with CONFIG_PVH=y, such as the one that `./dev image` makes");
  };
  if (header.e_machine != EM_X86_64) return wrong("is not for x86-64");
  if (header.e_phnum > kMaxSegments || header.e_phentsize != sizeof(Elf64_Phdr)) return wrong("has broken headers");
  KernelImage out;
  bool pvh = false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!read_at(fd, &segment, sizeof segment, header.e_phoff + i * sizeof segment)) return wrong("is cut short");
    if (segment.p_type == PT_LOAD) out.memory_bytes += segment.p_memsz;
    if (segment.p_type == PT_NOTE) pvh = pvh || segment_has_pvh_note(fd, segment);
  }
  if (!pvh) return wrong("has no PVH entry point");
  return out;
}

}  // namespace

Result<KernelImage> inspect_x86_64_kernel(const std::string& path) {
  auto fd = TRY(sys::open(path, O_RDONLY));
  Elf64_Ehdr header{};
  if (read_at(fd.get(), &header, sizeof header, 0) && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0) {
    return inspect_elf(fd.get(), path, header);
  }
  char signature[4] = {};
  if (read_at(fd.get(), signature, sizeof signature, kBootSignatureOffset) &&
      std::memcmp(signature, "HdrS", sizeof signature) == 0) {
    auto info = TRY(sys::stat(path));
    return KernelImage{KernelImage::Format::kBzImage, static_cast<uint64_t>(info.st_size), true};
  }
  return Error::make(Code::kInvalidArgument,
                     concat("guest kernel ", path, " is neither an uncompressed vmlinux nor a bzImage"));
}

}  // namespace kata::hypervisor
