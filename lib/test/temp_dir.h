// A folder for a test's files: /tmp/kata-test-…, which goes with all that is in it when the object ends. Declare it
// before the members that use it, so that it goes last.
#pragma once

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace kata {

class TempDir {
 public:
  TempDir() {
    std::string pattern = "/tmp/kata-test-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr) << pattern;
    path_ = pattern;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code failure;
    if (detach_mounts()) std::filesystem::remove_all(path_, failure);
    EXPECT_FALSE(failure) << path_ << ": " << failure.message();
  }

  const std::string& path() const { return path_; }

 private:
  // What a failed test left mounted would be emptied, and it may be the host's. False when something stays.
  bool detach_mounts() const {
    bool clean = true;
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream fields(line);
      std::string skipped, place;
      fields >> skipped >> skipped >> skipped >> skipped >> place;  // proc_pid_mountinfo(5)
      if (!place.starts_with(path_ + "/")) continue;
      ADD_FAILURE() << place << " is still mounted";
      clean = ::umount2(place.c_str(), MNT_DETACH) == 0 && clean;
    }
    return clean;
  }

  std::string path_;
};

}  // namespace kata
