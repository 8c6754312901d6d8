#include "agent/storage/descriptor_watch.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

using std::chrono::milliseconds;

TEST(DescriptorWatchTest, CountsWhatTheKernelSays) {
  EXPECT_EQ(
      known_files(
          "slabinfo - version: 2.1\n# name <active_objs>\nfuse_request 5 5 152\nfuse_inode  1234 1250 832 39 8\n"),
      1234U);
  for (const char* text : {"", "fuse_inode", "fuse_inode x", "\n\n"}) EXPECT_EQ(known_files(text), 0U) << text;
  EXPECT_EQ(open_files("1056\t32\t9223372036854775807\n"), 1024U);
  for (const char* text : {"", "12", "x y", "3 5"}) EXPECT_EQ(open_files(text), 0U) << text;
}

TEST(DescriptorWatchTest, ForgetsInTimeAndLooksAgainBeforeItCanBeTooLate) {
  EXPECT_FALSE(is_time_to_forget(1000, 20000));
  EXPECT_TRUE(is_time_to_forget(13000, 20000));
  EXPECT_EQ(next_look(0, 1'000'000), milliseconds(10'000)) << "far from it, it costs nothing";
  EXPECT_LT(next_look(0, 20000), milliseconds(1000));
  EXPECT_LT(next_look(11000, 20000), next_look(0, 20000));
  EXPECT_GT(next_look(30000, 20000), milliseconds(0));
}

TEST(DescriptorWatchTest, TheLimitIsADriverOption) {
  grpc::Storage storage;
  EXPECT_EQ(descriptors_of_server(storage), 0U);
  storage.add_driver_options("other=5");
  storage.add_driver_options("io.katacontainers.fs-opt.descriptors=20000");
  EXPECT_EQ(descriptors_of_server(storage), 20000U);
  storage.set_driver_options(1, "io.katacontainers.fs-opt.descriptors=x");
  EXPECT_EQ(descriptors_of_server(storage), 0U);
}

TEST(DescriptorWatchTest, EndsWhenItsOwnerDoes) {
  DescriptorWatch none;
  auto watch = DescriptorWatch::start(1'000'000'000);  // more than any machine knows: nothing is dropped
  ASSERT_TRUE(watch.ok()) << watch.error().text();
  none = std::move(*watch);
}

}  // namespace
}  // namespace kata::agent
