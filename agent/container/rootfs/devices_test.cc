#include "agent/container/rootfs/devices.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#undef major  // fields of the messages
#undef minor
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

TEST(DeviceTest, Parses) {
  grpc::LinuxDevice device;
  device.set_path("/dev/x");
  device.set_type("b");
  device.set_major(8);
  device.set_minor(1);
  auto node = parse_device(device).value();
  EXPECT_EQ(node.mode, static_cast<mode_t>(S_IFBLK | 0666));
  EXPECT_EQ(node.device, gnu_dev_makedev(8, 1));
  device.set_type("p");
  EXPECT_EQ(parse_device(device)->device, 0U);
  device.set_type("z");
  EXPECT_EQ(parse_device(device).error().code(), Code::kInvalidArgument);
  device.set_type("c");
  device.set_path("dev/x");
  EXPECT_EQ(parse_device(device).error().code(), Code::kInvalidArgument);
}

TEST(DeviceTest, ASpecificationWithItsOwnDevKeepsIt) {
  grpc::Spec spec;
  auto& mount = *spec.add_mounts();
  mount.set_destination("/dev");
  mount.set_type("tmpfs");
  EXPECT_FALSE(brings_own_dev(spec));
  mount.set_type("bind");
  EXPECT_TRUE(brings_own_dev(spec));
}

class MakeDevicesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sys::make_directories(top_ + "/dev").ok());
    fd_ = sys::open(top_, O_PATH | O_DIRECTORY).value();
    if (::mknod((top_ + "/probe").c_str(), S_IFCHR | 0600, gnu_dev_makedev(1, 3)) != 0) GTEST_SKIP() << "needs mknod";
  }

  Result<> make() { return make_devices(sys::RootPath(fd_.get()), linux_); }
  struct stat node(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::lstat((top_ + path).c_str(), &info), 0) << path;
    return info;
  }
  std::string link(const std::string& path) {
    std::array<char, PATH_MAX> target{};
    auto length = ::readlink((top_ + path).c_str(), target.data(), target.size());
    return length < 0 ? "" : std::string(target.data(), static_cast<size_t>(length));
  }
  grpc::LinuxDevice& add(const std::string& path) {
    auto& device = *linux_.add_devices();
    device.set_path(path);
    device.set_type("c");
    device.set_major(10);
    device.set_minor(229);
    return device;
  }

  TempDir temporary_;
  std::string top_ = temporary_.path();
  UniqueFd fd_;
  grpc::Linux linux_;
};

TEST_F(MakeDevicesTest, TheDefaultOnesAndTheirLinks) {
  ASSERT_TRUE(make().ok());
  EXPECT_EQ(node("/dev/null").st_rdev, gnu_dev_makedev(1, 3));
  EXPECT_EQ(node("/dev/tty").st_rdev, gnu_dev_makedev(5, 0));
  EXPECT_EQ(node("/dev/zero").st_mode, static_cast<mode_t>(S_IFCHR | 0666));
  EXPECT_EQ(link("/dev/stdout"), "/proc/self/fd/1");
  EXPECT_EQ(link("/dev/ptmx"), "pts/ptmx");
}

TEST_F(MakeDevicesTest, TheSpecificationsHaveTheirOwnerAndMode) {
  auto& device = add("/dev/net/tun");
  device.set_filemode(0640);
  device.set_uid(5);
  device.set_gid(6);
  ASSERT_TRUE(make().ok());
  auto made = node("/dev/net/tun");
  EXPECT_EQ(made.st_mode, static_cast<mode_t>(S_IFCHR | 0640));  // whatever the umask is
  EXPECT_EQ(made.st_uid, 5U);
  EXPECT_EQ(made.st_gid, 6U);
}

TEST_F(MakeDevicesTest, WhatTheImageHasInTheirPlaceIsReplaced) {
  ASSERT_TRUE(sys::write_file(top_ + "/dev/null", "a file").ok());
  ASSERT_EQ(::symlink("/etc/passwd", (top_ + "/dev/ptmx").c_str()), 0);
  ASSERT_EQ(::symlink("elsewhere", (top_ + "/dev/fd").c_str()), 0);
  ASSERT_TRUE(make().ok());
  EXPECT_EQ(node("/dev/null").st_rdev, gnu_dev_makedev(1, 3));
  EXPECT_EQ(link("/dev/ptmx"), "pts/ptmx");  // the guest's own must not be reachable
  EXPECT_EQ(link("/dev/fd"), "elsewhere");   // links of the image's stay
}

TEST_F(MakeDevicesTest, ALinkOfTheImagesDoesNotLeadOutOfTheRoot) {
  ASSERT_TRUE(sys::remove_directory(top_ + "/dev").ok());
  ASSERT_EQ(::symlink("../../../../../../tmp/kata-devices-outside", (top_ + "/dev").c_str()), 0);
  ASSERT_TRUE(make().ok());
  EXPECT_FALSE(sys::exists("/tmp/kata-devices-outside"));
  EXPECT_EQ(node("/tmp/kata-devices-outside/null").st_rdev, gnu_dev_makedev(1, 3));
}

TEST_F(MakeDevicesTest, AMalformedOneIsAnError) {
  add("dev/x");
  EXPECT_TRUE(make().error().is(Code::kInvalidArgument));
}

}  // namespace
}  // namespace kata::agent
