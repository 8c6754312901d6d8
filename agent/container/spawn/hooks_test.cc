#include "agent/container/spawn/hooks.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

TEST(GuestHooks, AreTheExecutablesInTheOrderOfTheirNames) {
  TempDir temporary;
  std::string directory = temporary.path();
  auto folder = directory + "/prestart";
  ASSERT_TRUE(sys::make_directories(folder).ok());
  ASSERT_TRUE(sys::write_file(folder + "/20-second", "", 0755).ok());
  ASSERT_TRUE(sys::write_file(folder + "/10-first", "", 0755).ok());
  ASSERT_TRUE(sys::write_file(folder + "/readme", "", 0644).ok());
  auto hooks = guest_hooks(directory, "prestart");
  ASSERT_EQ(hooks.size(), 2);
  EXPECT_EQ(hooks[0].path(), folder + "/10-first");
  EXPECT_EQ(hooks[1].path(), folder + "/20-second");
  EXPECT_GT(hooks[0].timeout(), 0);  // one that hangs must not hang the pod
  EXPECT_TRUE(guest_hooks(directory, "poststop").empty());
  EXPECT_TRUE(guest_hooks("", "prestart").empty());
}

}  // namespace
}  // namespace kata::agent
