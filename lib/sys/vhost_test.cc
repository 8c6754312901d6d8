#include "lib/sys/vhost.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "lib/sys/file.h"

namespace kata::sys {
namespace {

TEST(Vhost, ADeviceThatIsMissingIsNamed) {
  auto opened = open_vhost_net();
  if (opened) GTEST_SKIP() << "it is there";
  EXPECT_NE(opened.error().message().find(kVhostNet), std::string::npos) << opened.error().message();
}

TEST(Vhost, WhatIsNoVhostDeviceRefusesAContextId) {
  auto file = open("/dev/null", O_RDWR).value();
  auto set = set_guest_cid(file.get(), 77);
  ASSERT_FALSE(set.ok());
  EXPECT_TRUE(set.error().is_errno(ENOTTY)) << set.error().message();
  EXPECT_NE(set.error().message().find(kVhostVsock), std::string::npos);
}

}  // namespace
}  // namespace kata::sys
