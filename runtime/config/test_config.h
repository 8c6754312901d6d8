// For this folder's tests: a directory that goes away, and a clean environment.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::config {

class Directory : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("KATA_CONF_FILE"); }
  void TearDown() override { unsetenv("KATA_CONF_FILE"); }
  // The whole path of the new file.
  std::string write(const std::string& name, std::string_view text, mode_t mode = 0644) {
    auto file = path_ + "/" + name;
    EXPECT_TRUE(sys::make_directories(file.substr(0, file.rfind('/'))).ok());
    EXPECT_TRUE(sys::write_file(file, text, mode).ok());
    return file;
  }
  TempDir temporary_;
  std::string path_ = temporary_.path();
};

}  // namespace kata::config
