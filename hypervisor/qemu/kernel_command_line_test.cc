#include "hypervisor/qemu/kernel_command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "hypervisor/architecture/x86_64.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string line(const VmConfig& config) { return " " + kernel_command_line(config, architecture()).value() + " "; }

TEST(KernelCommandLine, HasWhatTheDriverRestsOn) {
  auto text = line({});
  for (const auto* parameter : {" console=ttyS0 ", " panic=-1 ", " reboot=k ", " cgroup_no_v1=all ",
                                " dummy.numdummies=0 ", " quiet ", " percpu_alloc=page "}) {
    EXPECT_THAT(text, HasSubstr(parameter));
  }
}

TEST(KernelCommandLine, EmulationNeedsNoMitigations) {
  VmConfig config;
  EXPECT_THAT(line(config), HasSubstr(" mitigations=off "));
  config.accelerator = Accelerator::kKvm;
  EXPECT_THAT(line(config), Not(HasSubstr("mitigations")));
}

TEST(KernelCommandLine, AnEmulatedGuestIsToldThePaceOfItsCounter) {
  VmConfig config;
  auto khz = host_tsc_khz();
  EXPECT_THAT(line(config), khz != 0 ? HasSubstr(concat(" tsc_early_khz=", khz, " ")) : HasSubstr(" mitigations=off "));
  config.accelerator = Accelerator::kKvm;
  EXPECT_THAT(line(config), Not(HasSubstr("tsc_early_khz")));
}

TEST(KernelCommandLine, TheUsersParameterReplacesTheDrivers) {
  VmConfig config;
  config.kernel_params = {"panic=5", "quietly", "agent.log=debug"};
  auto text = line(config);
  EXPECT_THAT(text, HasSubstr(" panic=5 "));
  EXPECT_THAT(text, Not(HasSubstr("panic=-1")));
  EXPECT_THAT(text, HasSubstr(" quiet "));
  EXPECT_TRUE(text.ends_with("panic=5 quietly agent.log=debug ")) << text;
}

TEST(KernelCommandLine, ConsolesAddUp) {
  VmConfig config;
  config.kernel_params = {"console=hvc0"};
  EXPECT_THAT(line(config), HasSubstr(" console=ttyS0 "));
  EXPECT_THAT(line(config), HasSubstr(" console=hvc0 "));
}

TEST(KernelCommandLine, DebugIsNotQuiet) {
  VmConfig config;
  config.debug = true;
  EXPECT_THAT(line(config), Not(HasSubstr(" quiet ")));
}

TEST(KernelCommandLine, WhatTheKernelWouldCutIsAnError) {
  VmConfig config;
  config.kernel_params = {std::string(3000, 'x')};
  auto text = kernel_command_line(config, architecture());
  ASSERT_FALSE(text.ok());
  EXPECT_THAT(text.error().text(), HasSubstr("2047"));
}

class RootParameters : public ::testing::Test {
 protected:
  ~RootParameters() override { ignore(sys::remove_file(path_)); }
  // A disk with these bytes at these places.
  Result<std::vector<std::string>> of(std::initializer_list<std::pair<size_t, std::string>> contents) {
    std::string disk(1 << 16, '\0');
    for (const auto& [at, bytes] : contents) disk.replace(at, bytes.size(), bytes);
    sys::write_file(path_, disk).value();
    return root_parameters(path_);
  }
  std::string path_ = std::filesystem::temp_directory_path() / concat("kata-root-", ::getpid(), ".img");
};

const std::string kExt4 = "\x53\xef";
const std::string kErofs = "\xe2\xe1\xf5\xe0";

TEST_F(RootParameters, WholeDisk) {
  EXPECT_THAT(of({{1024 + 56, kExt4}}).value(),
              ElementsAre("root=/dev/vda", "rootfstype=ext4", "ro", "rootflags=data=ordered,errors=remount-ro"));
  EXPECT_THAT(of({{1024, kErofs}}).value(), ElementsAre("root=/dev/vda", "rootfstype=erofs", "ro"));
}

TEST_F(RootParameters, FirstPartition) {
  auto parameters = of({{510, "\x55\xaa"}, {446 + 8, std::string("\x08\0\0\0", 4)}, {8 * 512 + 1024, kErofs}});
  EXPECT_THAT(parameters.value(), ElementsAre("root=/dev/vda1", "rootfstype=erofs", "ro"));
}

TEST_F(RootParameters, NoFileSystem) {
  EXPECT_THAT(of({}).error().text(), HasSubstr("neither an ext4 nor an EROFS"));
  EXPECT_FALSE(of({{510, "\x55\xaa"}, {446 + 8, "\xff\xff\xff\xff"}}).ok());
  EXPECT_FALSE(root_parameters("/nothing/here").ok());
}

}  // namespace
}  // namespace kata::hypervisor
