#include "hypervisor/qemu/preflight.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>

#include "hypervisor/architecture/x86_64.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// An ELF file with one loadable segment of `memory` bytes, and a note of this type for Xen.
std::string elf(uint64_t memory, uint32_t note_type, Elf64_Half machine = EM_X86_64) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_machine = machine;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 2;
  Elf64_Phdr segments[2] = {};
  segments[0].p_type = PT_LOAD;
  segments[0].p_memsz = memory;
  segments[1].p_type = PT_NOTE;
  segments[1].p_offset = sizeof header + sizeof segments;
  segments[1].p_filesz = 2 * sizeof(Elf64_Nhdr) + 4 + 4 + 4;
  Elf64_Nhdr notes[2] = {{0, 4, 99}, {4, 4, note_type}};
  std::string out(reinterpret_cast<char*>(&header), sizeof header);
  out.append(reinterpret_cast<char*>(segments), sizeof segments);
  out.append(reinterpret_cast<char*>(&notes[0]), sizeof notes[0]).append("desc");
  out.append(reinterpret_cast<char*>(&notes[1]), sizeof notes[1]).append("Xen\0addr", 8);
  return out;
}

class Preflight : public ::testing::Test {
 protected:
  Preflight() {
    config_.path = "/bin/true";
    config_.kernel = put("kernel", elf(40 << 20, 18));
    config_.initrd = put("initrd", "x");
  }

  std::string put(const std::string& name, const std::string& content) {
    auto path = directory_ + "/" + name;
    sys::write_file(path, content).value();
    return path;
  }
  std::string error() {
    auto checked = check_and_complete(config_);
    return checked ? "no error" : checked.error().text();
  }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
  VmConfig config_;
};

TEST_F(Preflight, AGoodConfigurationGetsItsFirmware) {
  auto checked = check_and_complete(config_);
  ASSERT_TRUE(checked.ok()) << checked.error().text();
  EXPECT_EQ(checked->firmware, find_fast_firmware());
}

TEST_F(Preflight, MissingFiles) {
  config_.kernel = directory_ + "/nothing";
  EXPECT_THAT(error(), HasSubstr("guest kernel: stat " + directory_ + "/nothing: No such file"));
  EXPECT_THAT(error(), HasSubstr("set kernel in"));
  config_.kernel.clear();
  EXPECT_THAT(error(), HasSubstr("no guest kernel is configured"));
}

TEST_F(Preflight, MissingInitrd) {
  config_.initrd = directory_;
  EXPECT_THAT(error(), HasSubstr("is not a file"));
  config_.initrd.clear();
  EXPECT_THAT(error(), HasSubstr("no guest initrd is configured"));
}

TEST_F(Preflight, InitrdAndImageExcludeEachOther) {
  config_.image = config_.initrd;
  EXPECT_THAT(error(), HasSubstr("both image ("));
}

TEST_F(Preflight, MissingQemu) {
  config_.path = directory_ + "/qemu";
  EXPECT_THAT(error(), HasSubstr("apt-get install qemu-system-x86"));
  config_.path = "no-such-qemu";
  EXPECT_THAT(error(), HasSubstr("there is no no-such-qemu"));
}

TEST_F(Preflight, TooLittleMemory) {
  config_.memory_mib = 60;
  EXPECT_THAT(error(), HasSubstr("60 MiB of memory is too small for its kernel (40 MiB) and initrd (0 MiB)"));
  EXPECT_THAT(error(), HasSubstr("set default_memory to 65 or more"));
  config_.memory_mib = 65;
  EXPECT_EQ(error(), "no error");
  put("initrd", std::string(2 << 20, 'x'));
  EXPECT_THAT(error(), HasSubstr("initrd (2 MiB)"));
}

TEST_F(Preflight, SharedDirectoryMustBeThere) {
  config_.shared = {{SharedDirectory::Kind::k9p, "t", directory_ + "/nothing", ""}};
  EXPECT_THAT(error(), HasSubstr("shared directory"));
  config_.shared[0].path = config_.kernel;
  EXPECT_THAT(error(), HasSubstr("Not a directory"));
  config_.shared[0].path = directory_;
  EXPECT_EQ(error(), "no error");
}

TEST_F(Preflight, AMachineHasABoundForItsProcessors) {
  config_.max_vcpus = 1000;
  config_.accelerator = Accelerator::kTcg;
  EXPECT_EQ(check_and_complete(config_)->max_vcpus, 4U);
  config_.accelerator = Accelerator::kKvm;
  EXPECT_EQ(check_and_complete(config_)->max_vcpus, 240U);
  config_.vcpus = 250;
  EXPECT_EQ(check_and_complete(config_)->max_vcpus, 250U) << "what it starts with is not for us to change";
  config_.vcpus = 2;
  config_.max_vcpus = 1;
  EXPECT_EQ(check_and_complete(config_)->max_vcpus, 2U);
}

TEST_F(Preflight, FirmwareMustBeThere) {
  config_.firmware = directory_ + "/bios";
  EXPECT_THAT(error(), HasSubstr("firmware: stat"));
}

TEST_F(Preflight, KernelFormats) {
  using Format = KernelImage::Format;
  auto pvh = inspect_x86_64_kernel(config_.kernel);
  ASSERT_TRUE(pvh.ok()) << pvh.error().text();
  EXPECT_EQ(pvh->format, Format::kPvhElf);
  EXPECT_EQ(pvh->memory_bytes, 40U << 20U);
  std::string compressed(4096, '\0');
  compressed.replace(0x202, 4, "HdrS");
  EXPECT_EQ(inspect_x86_64_kernel(put("bz", compressed))->format, Format::kBzImage);
}

TEST_F(Preflight, WhatIsNoKernelIsRefused) {
  EXPECT_THAT(inspect_x86_64_kernel(put("a", "hello")).error().text(), HasSubstr("neither an uncompressed vmlinux"));
  EXPECT_THAT(inspect_x86_64_kernel(put("b", "")).error().text(), HasSubstr("neither"));
  EXPECT_THAT(inspect_x86_64_kernel(put("c", elf(1, 7))).error().text(), HasSubstr("no PVH entry"));
  EXPECT_THAT(inspect_x86_64_kernel(put("d", elf(1, 18, EM_AARCH64))).error().text(), HasSubstr("not for x86-64"));
  EXPECT_THAT(inspect_x86_64_kernel(put("e", elf(1, 18).substr(0, 100))).error().text(), HasSubstr("cut short"));
  auto huge = elf(1, 18);
  huge.replace(sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr), 4, "\xff\xff\xff\xff");
  EXPECT_FALSE(inspect_x86_64_kernel(put("f", huge)).ok());
}

}  // namespace
}  // namespace kata::hypervisor
