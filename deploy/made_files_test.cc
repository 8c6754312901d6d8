#include "deploy/made_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::deploy {
namespace {

using ::testing::HasSubstr;

class MadeFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = concat(temporary_.path(), "/", kDefaults);
    sys::make_directories(directory).value();
    sys::write_file(directory + "/configuration-qemu.toml", "[hypervisor.qemu]\nenable_annotations = [\"kernel\"]\n")
        .value();
  }
  std::vector<MadeFile> made() { return made_files(settings_, payload_, {"qemu"}).value(); }

  TempDir temporary_;
  Payload payload_{.directory = temporary_.path(), .shims = {"qemu"}};
  Settings settings_;
};

TEST_F(MadeFilesTest, NothingAskedForIsNothingMade) { EXPECT_TRUE(made().empty()); }

TEST_F(MadeFilesTest, WhatAnnotationsMaySetIsAddedToWhatTheyMayAlready) {
  settings_.annotations["qemu"] = {"default_vcpus", "kernel"};
  settings_.annotations["other"] = {"x"};
  auto files = made();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "share/defaults/kata-containers/config.d/40-annotations.toml");
  EXPECT_THAT(files[0].text, HasSubstr("[hypervisor.qemu]\nenable_annotations = [\"kernel\", \"default_vcpus\"]\n"));
}

TEST_F(MadeFilesTest, DebugIsForAllThree) {
  settings_.debug = true;
  auto text = made().at(0).text;
  for (const auto* table : {"[runtime]\n", "[agent.kata]\n", "[hypervisor.qemu]\n"}) {
    EXPECT_THAT(text, HasSubstr(concat(table, "enable_debug = true\n")));
  }
}

}  // namespace
}  // namespace kata::deploy
