#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"
#include "runtime/journal/run_directory.h"
#include "shim/actions.h"
#include "shim/socket_path.h"

namespace kata::shim {
namespace {

TEST(CleanUpTest, WhatALiveShimHasIsItsOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  TempDir bundle;
  Options options;
  options.address = "/run/of-a-test.sock";
  options.name_space = "test";
  options.id = concat("cleanup", ::getpid());
  options.bundle = bundle.path();
  auto pod = concat(run_directory(), "/", options.id);
  sys::make_directories(pod, 0700).value();
  auto cleanup = defer([&] { ignore(sys::remove_tree(pod)); });
  auto socket = socket_path(options.address, options.name_space, options.id);
  sys::make_directories("/run/containerd/s", 0711).value();
  auto listener = sys::unix_listen(socket).value();
  EXPECT_TRUE(clean_up(options));
  EXPECT_TRUE(sys::exists(pod));
  EXPECT_TRUE(sys::exists(socket));
  listener.reset();
  EXPECT_TRUE(clean_up(options));
  EXPECT_FALSE(sys::exists(pod));
  EXPECT_FALSE(sys::exists(socket));
}

}  // namespace
}  // namespace kata::shim
