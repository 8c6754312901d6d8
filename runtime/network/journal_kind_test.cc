#include "runtime/network/journal_kind.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/journal/payload.h"

namespace kata::network {
namespace {

constexpr const journal::Kind* kConnectionKinds[] = {&kConnection};

class ConnectionKindTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = temporary_.path();
    file_ = base_ + "/journal";
  }
  std::unique_ptr<journal::Journal> open() {
    return std::move(journal::Journal::open(file_, kConnectionKinds, {})).value();
  }

  TempDir temporary_;
  std::string base_, file_;
};

TEST_F(ConnectionKindTest, ThingsThatAreNoNamespaceAreLeftAlone) {
  ASSERT_TRUE(sys::write_file(base_ + "/file", "x").ok());
  ASSERT_EQ(::mkfifo((base_ + "/fifo").c_str(), 0600), 0);
  for (const char* where : {"/file", "/fifo", "/file/below", "/nothing", ""}) {
    EXPECT_TRUE(kConnection.undo(concat("1 2 ", base_, where)).ok()) << where;
  }
  EXPECT_TRUE(sys::exists(base_ + "/file"));
}

TEST_F(ConnectionKindTest, AnEntryIsReadBack) {
  auto number = record_connection(*open(), "/run/no such/ns", 77, 3, true);
  ASSERT_TRUE(number.ok());
  EXPECT_FALSE(record_connection(*open(), "relative", 77, 3, false).ok());
  EXPECT_TRUE(journal::replay(file_, kConnectionKinds, {}).ok());
  EXPECT_TRUE(open()->undo(*number).ok());
}

TEST(ConnectionPayloadTest, ANamespaceMayBeAnywhere) {
  EXPECT_TRUE(kConnection.is_valid("4026531840 2 /run/net%20ns/x", {}));
  EXPECT_TRUE(kConnection.is_valid("4026531840 2 opened /run/net%20ns/x", {}));
  for (const char* bad : {"", "4026531840 2", "4026531840 0 /run/netns/x", "4026531840 -1 /run/netns/x",
                          "x 2 /run/netns/x", "1 2 opened", "1 2 run/netns/x", "1 2 /run/../x"}) {
    EXPECT_FALSE(kConnection.is_valid(bad, {})) << bad;
  }
}

}  // namespace
}  // namespace kata::network
