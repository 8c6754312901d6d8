#include "lib/sys/inotify.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>

#include <chrono>
#include <cstdlib>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::sys {
namespace {

bool pending(int fd) { return wait_for(fd, POLLIN, std::chrono::milliseconds(0)).value_or(false); }

TEST(Inotify, SaysThatSomethingChanged) {
  TempDir temporary;
  std::string base = temporary.path();
  auto changes = inotify();
  ASSERT_TRUE(changes.ok());
  ASSERT_TRUE(watch_path(changes->get(), base, IN_CREATE).ok());
  EXPECT_FALSE(pending(changes->get()));
  ASSERT_TRUE(write_file(base + "/a", "x").ok());
  EXPECT_TRUE(pending(changes->get()));
  drain_events(changes->get());
  EXPECT_FALSE(pending(changes->get()));
  EXPECT_FALSE(watch_path(changes->get(), base + "/none", IN_CREATE).ok());
}

}  // namespace
}  // namespace kata::sys
