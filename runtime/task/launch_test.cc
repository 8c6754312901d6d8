#include "runtime/task/launch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::task {
namespace {

// A program in PATH that is called as the shim is, and says what it was given.
class LaunchTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::getenv("PATH");
    ASSERT_EQ(shim_path(), "containerd-shim-kata-v2") << "there is a shim beside this test";
    ASSERT_TRUE(sys::write_file_atomic(directory_ + "/containerd-shim-kata-v2",
                                       "#!/bin/sh\n"
                                       "[ -S /dev/fd/3 ] && echo socket >told\n"
                                       "echo \"$@\" >>told\n"
                                       "env | grep -c LISTEN_FD >>told\n",
                                       0755));
    ::setenv("PATH", (directory_ + ":" + path_).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
  std::string path_;
};

TEST_F(LaunchTest, TheShimFindsItsListenerAndTheCallersDescriptorsStay) {
  struct stat before {
  }, after{};
  int had = ::fstat(kShimListener, &before);
  ShimLaunch launch{.id = "c1", .sandbox_id = "p1", .name_space = "k8s.io", .bundle = directory_};
  launch.socket = directory_ + "/socket";
  auto child = launch_shim(launch);
  ASSERT_TRUE(child.ok()) << child.error().text();
  EXPECT_TRUE(sys::wait_child(child->pid).ok());
  EXPECT_EQ(
      sys::read_file(directory_ + "/told").value_or(""),
      "socket\n-namespace k8s.io -id c1 -sandbox-id p1 -bundle " + directory_ + " -socket " + launch.socket + "\n0\n");
  EXPECT_EQ(::fstat(kShimListener, &after), had);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(LaunchTest, AShimThatCannotBeRunLeavesNoSocket) {
  ::setenv("PATH", "/nonexistent", 1);
  ShimLaunch launch{.id = "c1", .bundle = directory_, .socket = directory_ + "/socket"};
  auto child = launch_shim(launch);
  ASSERT_FALSE(child.ok());
  EXPECT_THAT(child.error().message(), testing::HasSubstr("starting the shim: run containerd-shim-kata-v2"));
  EXPECT_FALSE(sys::exists(launch.socket));
}

}  // namespace
}  // namespace kata::task
