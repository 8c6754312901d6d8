#include "cli/host/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "cli/host/env.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

using ::testing::HasSubstr;

// A configuration whose kernel does not exist, so that the host can't be found capable.
class CheckTest : public ::testing::Test {
 protected:
  CheckTest() {
    config_ = directory_ + "/configuration.toml";
    sys::write_file(config_,
                    "[hypervisor.qemu]\npath = \"/usr/bin/qemu-system-x86_64\"\nkernel = \"/no/such/kernel\"\n")
        .value();
  }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
  std::string config_;
};

TEST_F(CheckTest, AMissingKernelFails) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_check({.config = config_}), 1);
  auto out = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr("[error] guest kernel: "));
  EXPECT_THAT(out, HasSubstr("    fix: run ./dev image"));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("ERROR: System is not capable of running Kata Containers\n"));
}

TEST_F(CheckTest, Json) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_check({.config = config_, .json = true}), 1);
  auto out = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr("\"capable\": false"));
  EXPECT_THAT(out, HasSubstr("\"verdict\": \"error\""));
}

TEST_F(CheckTest, ABrokenConfigurationIsAFinding) {
  sys::write_file(config_, "[hypervisor.qemu\n").value();
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_check({.config = config_}), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("[error] configuration: "));
  ::testing::internal::GetCapturedStderr();
}

TEST_F(CheckTest, NothingIsFetched) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_check({.config = config_, .check_version_only = true}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("not looked for"));
}

TEST_F(CheckTest, EnvironmentInBothFormats) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_env({.config = config_}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("[Kernel]\nPath = \"/no/such/kernel\"\n"));
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_env({.config = config_, .json = true}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("\"Path\": \"/no/such/kernel\""));
}

TEST_F(CheckTest, EnvironmentNeedsAConfiguration) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_env({.config = directory_ + "/nothing"}), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("ERROR: "));
}

}  // namespace
}  // namespace kata::cli
