#include "hypervisor/qemu/guest_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::hypervisor {
namespace {

constexpr off_t kMib = 1 << 20;

class GuestMemoryTest : public ::testing::Test {
 protected:
  std::string path() const { return directory_ + "/memory"; }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
};

void put(const UniqueFd& file, off_t where, std::string_view text) {
  ASSERT_EQ(::pwrite(file.get(), text.data(), text.size(), where), static_cast<ssize_t>(text.size()));
}

std::string get(const UniqueFd& file, off_t where, size_t size) {
  std::string out(size, '?');
  EXPECT_EQ(::pread(file.get(), out.data(), size, where), static_cast<ssize_t>(size));
  return out;
}

TEST_F(GuestMemoryTest, ComesBackWithItsHoles) {
  auto memory = make_guest_memory(64).value();
  put(memory, 0, "first");
  put(memory, 17 * kMib, "middle");
  put(memory, 64 * kMib - 4, "last");
  ASSERT_TRUE(store_guest_memory(memory.get(), path()).ok());
  auto file = sys::stat(path()).value();
  EXPECT_EQ(file.st_size, 64 * kMib);
  EXPECT_LT(file.st_blocks * 512, kMib) << "holes are kept";
  EXPECT_EQ(file.st_mode & 0777U, 0600U);

  auto clone = make_guest_memory(64).value();
  ASSERT_TRUE(load_guest_memory(clone.get(), path()).ok());
  EXPECT_EQ(get(clone, 0, 5), "first");
  EXPECT_EQ(get(clone, 17 * kMib, 6), "middle");
  EXPECT_EQ(get(clone, 64 * kMib - 4, 4), "last");
  EXPECT_EQ(get(clone, 40 * kMib, 1), std::string(1, '\0'));
  put(clone, 0, "other");
  auto another = make_guest_memory(64).value();
  ASSERT_TRUE(load_guest_memory(another.get(), path()).ok());
  EXPECT_EQ(get(another, 0, 5), "first") << "a clone changes only its own";
}

TEST_F(GuestMemoryTest, NothingButHoles) {
  auto memory = make_guest_memory(4).value();
  ASSERT_TRUE(store_guest_memory(memory.get(), path()).ok());
  EXPECT_TRUE(load_guest_memory(memory.get(), path()).ok());
}

TEST_F(GuestMemoryTest, OfAnotherSizeIsRefused) {
  auto memory = make_guest_memory(4).value();
  ASSERT_TRUE(store_guest_memory(memory.get(), path()).ok());
  auto error = load_guest_memory(make_guest_memory(8).value().get(), path()).error();
  EXPECT_EQ(error.code(), Code::kDataLoss);
  EXPECT_THAT(error.text(), ::testing::HasSubstr("4194304 bytes of guest memory instead of 8388608"));
  EXPECT_THAT(error.text(), ::testing::HasSubstr(path()));
}

TEST_F(GuestMemoryTest, WhatIsThereIsNotOverwritten) {
  ASSERT_TRUE(sys::write_file(path(), "mine").ok());
  EXPECT_TRUE(store_guest_memory(make_guest_memory(4).value().get(), path()).error().is_errno(EEXIST));
  EXPECT_EQ(sys::read_file(path()).value(), "mine");
}

TEST_F(GuestMemoryTest, AMissingFileIsNamed) {
  auto error = load_guest_memory(make_guest_memory(4).value().get(), path()).error();
  EXPECT_TRUE(error.is_errno(ENOENT));
  EXPECT_THAT(error.text(), ::testing::HasSubstr(path()));
}

}  // namespace
}  // namespace kata::hypervisor
