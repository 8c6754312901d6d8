// For this folder's tests: a directory that goes away, and a clean environment.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/sys/file.h"

namespace kata::config {

class Directory : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("KATA_CONF_FILE");
    char pattern[] = "/tmp/kata-config-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    path_ = pattern;
  }
  void TearDown() override {
    unsetenv("KATA_CONF_FILE");
    ASSERT_TRUE(sys::remove_tree(path_).ok());
  }
  // The whole path of the new file.
  std::string write(const std::string& name, std::string_view text, mode_t mode = 0644) {
    auto file = path_ + "/" + name;
    EXPECT_TRUE(sys::make_directories(file.substr(0, file.rfind('/'))).ok());
    EXPECT_TRUE(sys::write_file(file, text, mode).ok());
    return file;
  }
  std::string path_;
};

}  // namespace kata::config
