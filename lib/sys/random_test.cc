#include "lib/sys/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace kata::sys {
namespace {

TEST(Random, NumbersDiffer) { EXPECT_NE(random_number<uint64_t>().value(), random_number<uint64_t>().value()); }

// More than the kernel gives in one call when a signal comes.
TEST(Random, ALargeBufferIsFilledToItsEnd) {
  std::string buffer(1 << 20, '\0');
  ASSERT_TRUE(fill_with_random(buffer.data(), buffer.size()).ok());
  auto end = std::string_view(buffer).substr(buffer.size() - 64);
  EXPECT_GT(std::count_if(end.begin(), end.end(), [](char c) { return c != 0; }), 32);
}

}  // namespace
}  // namespace kata::sys
