#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/do/do.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

class DoSpecTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sys::write_file(etc_ + "/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:100::/:\n").ok());
    ASSERT_TRUE(sys::write_file(etc_ + "/group", "root:x:0:\nusers:x:100:\nwheel:x:10:ann\n").ok());
  }
  TempDir temporary_;
  std::string etc_ = temporary_.path();
};

TEST_F(DoSpecTest, DescribesTheCommand) {
  DoOptions options;
  options.command = {"uname", "-a"};
  options.env = {"A=1"};
  options.workdir = "/tmp";
  auto spec = do_spec(options, etc_);
  ASSERT_TRUE(spec.ok()) << spec.error().message();
  EXPECT_THAT(spec->process().args(), ElementsAre("uname", "-a"));
  EXPECT_THAT(spec->process().env(), Contains("A=1"));
  EXPECT_EQ(spec->process().cwd(), "/tmp");
  EXPECT_FALSE(spec->process().terminal());
  EXPECT_FALSE(spec->root().readonly());
  EXPECT_EQ(spec->annotations().at("io.katacontainers.rootfs.embedded"), "busybox");
}

TEST_F(DoSpecTest, ARootOfTheUsersOwn) {
  DoOptions options;
  options.command = {"true"};
  options.rootfs = "/some/root/";
  auto spec = do_spec(options, etc_);
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->root().path(), "/some/root");
  EXPECT_EQ(spec->annotations().count("io.katacontainers.rootfs.embedded"), 0U);
}

TEST_F(DoSpecTest, ABareVariableIsPassedOn) {
  ::setenv("KATA_DO_TEST", "here", 1);
  DoOptions options;
  options.command = {"true"};
  options.env = {"KATA_DO_TEST", "KATA_DO_TEST_UNSET"};
  auto spec = do_spec(options, etc_);
  ASSERT_TRUE(spec.ok());
  EXPECT_THAT(spec->process().env(), Contains("KATA_DO_TEST=here"));
}

TEST_F(DoSpecTest, FindsUsers) {
  EXPECT_EQ(find_user("ann", etc_)->uid, 1000U);
  EXPECT_EQ(find_user("ann", etc_)->gid, 100U);
  EXPECT_EQ(find_user("1000", etc_)->gid, 100U);
  EXPECT_EQ(find_user("ann:wheel", etc_)->gid, 10U);
  EXPECT_EQ(find_user("ann:7", etc_)->gid, 7U);
  EXPECT_EQ(find_user("4242", etc_)->uid, 4242U);
  EXPECT_EQ(find_user("4242", etc_)->gid, 0U);
  EXPECT_FALSE(find_user("nobody", etc_).ok());
  EXPECT_FALSE(find_user("ann:nogroup", etc_).ok());
  EXPECT_EQ(find_user("5", "/does/not/exist")->uid, 5U);
}

TEST_F(DoSpecTest, Volumes) {
  auto mount = parse_volume(etc_ + ":/data:ro");
  ASSERT_TRUE(mount.ok());
  EXPECT_EQ(mount->source(), etc_);
  EXPECT_EQ(mount->destination(), "/data");
  EXPECT_EQ(mount->type(), "bind");
  EXPECT_THAT(mount->options(), ElementsAre("rbind", "ro"));
  EXPECT_THAT(parse_volume(etc_ + ":/data")->options(), ElementsAre("rbind", "rw"));
  for (const auto& text : {std::string("x"), ":" + etc_, etc_ + ":data", etc_ + ":/data:wx",
                           std::string("/none/here:/x"), etc_ + ":/a:ro:z"}) {
    EXPECT_FALSE(parse_volume(text).ok()) << text;
  }
}

TEST_F(DoSpecTest, MachineMemory) {
  EXPECT_EQ(*parse_machine_memory("512"), 512U);
  EXPECT_EQ(*parse_machine_memory("2G"), 2048U);
  EXPECT_EQ(*parse_machine_memory("256M"), 256U);
  for (const char* text : {"0", "", "lots", "100k", "-1"}) EXPECT_FALSE(parse_machine_memory(text).ok()) << text;
}

}  // namespace
}  // namespace kata::cli
