#include "hypervisor/architecture/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "lib/sys/file.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;

TEST(ArchitectureTest, TheProgramsOwnIsTheHosts) {
  utsname host{};
  ASSERT_EQ(::uname(&host), 0);
  EXPECT_EQ(architecture().name, host.machine);
}

TEST(ArchitectureTest, EveryEntryIsComplete) {
  for (const auto* one : {&kX86_64, &kArm64}) {
    EXPECT_FALSE(one->name.empty());
    EXPECT_FALSE(one->engine_name.empty()) << one->name;
    EXPECT_TRUE(one->console.starts_with("tty")) << one->name;
    EXPECT_FALSE(one->kernel_parameters.empty()) << one->name;
    EXPECT_GT(one->longest_command_line, 1000U) << one->name;
    EXPECT_GT(one->memory_block_mib, 0U) << one->name;
    EXPECT_NE(one->inspect_kernel, nullptr) << one->name;
  }
}

TEST(ArchitectureTest, AnArm64ImageIsKnownByItsHeader) {
  char name[] = "/tmp/kata-architecture-XXXXXX";
  int fd = ::mkstemp(name);
  ASSERT_GE(fd, 0);
  UniqueFd file(fd);
  std::string header(64, '\0');
  header[18] = 2;  // image_size: 0x20000
  header.replace(56, 4, "ARM\x64");
  ASSERT_TRUE(sys::write_file(name, header).ok());
  auto image = kArm64.inspect_kernel(name);
  ASSERT_TRUE(image.ok()) << image.error().text();
  EXPECT_EQ(image->memory_bytes, 0x20000U);
  EXPECT_FALSE(image->unpacks_itself);
  EXPECT_THAT(kX86_64.inspect_kernel(name).error().text(), HasSubstr("neither"));
  ASSERT_TRUE(sys::write_file(name, "MZ").ok());
  EXPECT_THAT(kArm64.inspect_kernel(name).error().text(), HasSubstr("not an arm64 Image"));
  EXPECT_TRUE(sys::remove_file(name).ok());
}

}  // namespace
}  // namespace kata::hypervisor
