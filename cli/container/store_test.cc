#include "cli/container/store.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { globals_.root = top_.path() + "/root"; }

  TempDir top_;
  Globals globals_;
};

TEST_F(StoreTest, AnIdIsTakenOnce) {
  auto first = make_place(globals_, "c");
  ASSERT_TRUE(first.ok()) << first.error().message();
  auto second = make_place(globals_, "c");
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.error().is(Code::kAlreadyExists));
  EXPECT_TRUE(make_place(globals_, "d").ok());
}

TEST_F(StoreTest, AnUnknownIdIsNotFound) {
  auto place = find_place(globals_, "nobody");
  ASSERT_FALSE(place.ok());
  EXPECT_TRUE(place.error().is(Code::kNotFound));
  EXPECT_NE(place.error().message().find("does not exist"), std::string::npos);
}

TEST_F(StoreTest, ABadIdNeverBecomesAPath) {
  EXPECT_TRUE(make_place(globals_, "../out").error().is(Code::kInvalidArgument));
  EXPECT_TRUE(find_place(globals_, "..").error().is(Code::kInvalidArgument));
  EXPECT_FALSE(sys::exists(top_.path() + "/out"));
}

TEST_F(StoreTest, TheLockTellsACreationUnderWay) {
  auto made = make_place(globals_, "c");
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(being_created(made->place));
  made->lock.release();
  EXPECT_FALSE(being_created(made->place));
}

TEST_F(StoreTest, RecordsAreKept) {
  auto made = make_place(globals_, "c");
  ASSERT_TRUE(made.ok());
  EXPECT_FALSE(made->place.load().ok());
  Record record;
  record.id = "c";
  ASSERT_TRUE(made->place.save(record).ok());
  auto read = made->place.load();
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->id, "c");
}

TEST_F(StoreTest, ListsInOrderAndSkipsWhatIsNoId) {
  EXPECT_TRUE(all_places(globals_)->empty());
  for (const char* id : {"b", "a", "c"}) ASSERT_TRUE(make_place(globals_, id).ok());
  ASSERT_TRUE(sys::make_directory(globals_.root + "/.not").ok());
  auto places = all_places(globals_);
  ASSERT_EQ(places->size(), 3U);
  EXPECT_EQ((*places)[0].id(), "a");
  EXPECT_EQ((*places)[2].id(), "c");
}

}  // namespace
}  // namespace kata::cli
