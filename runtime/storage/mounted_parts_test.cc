#include "runtime/storage/mounted_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kata::storage {
namespace {

using testing::ElementsAre;

// "place device root" of each, sorted by place.
std::vector<std::string> lines(const std::vector<MountedPart>& parts) {
  std::vector<std::string> out;
  for (const auto& part : parts) {
    out.push_back(part.place + " " + part.device + " " + part.root + (part.read_only ? " ro" : ""));
  }
  return out;
}

constexpr char kMounts[] =
    "1 1 8:1 / / rw - ext4 a rw\n"
    "2 1 8:2 / /srv ro - ext4 b rw\n"
    "3 2 8:1 /var/lib/x /srv/v/one rw - ext4 a rw\n"
    "4 3 0:9 / /srv/v/one/deep rw - tmpfs t rw\n"
    "5 2 0:10 / /srv/other rw - tmpfs t rw\n"
    "6 2 0:11 / /srv/v/hidden rw unbindable - tmpfs t rw\n"
    "7 6 0:12 / /srv/v/hidden/in rw - tmpfs t rw\n"
    "8 4 0:13 / /srv/v/one/deep rw - tmpfs over rw\n"
    "9 1 0:14 / /elsewhere rw - tmpfs t rw\n";

std::vector<MountedPart> parts_of(int mount, const std::string& path) {
  return mounted_parts(sys::parse_mountinfo(kMounts), mount, path);
}

TEST(MountedPartsTest, ATopAndWhatIsMountedBelowIt) {
  EXPECT_THAT(lines(parts_of(2, "/srv/v")), ElementsAre(" 8:2 /v ro", "one 8:1 /var/lib/x", "one/deep 0:13 /"))
      << "what covers another counts";
  EXPECT_THAT(lines(parts_of(3, "/srv/v/one")), ElementsAre(" 8:1 /var/lib/x", "deep 0:13 /"));
  EXPECT_THAT(lines(parts_of(2, "/srv")),
              ElementsAre(" 8:2 / ro", "other 0:10 /", "v/one 8:1 /var/lib/x", "v/one/deep 0:13 /"));
  EXPECT_EQ(parts_of(1, "/").size(), 6U) << "without what is unbindable, and what is mounted there";
}

TEST(MountedPartsTest, NothingIsKnownOfOtherMounts) {
  EXPECT_TRUE(parts_of(77, "/srv").empty());
  EXPECT_TRUE(parts_of(9, "/srv").empty()) << "a path that is not below its mount";
}

TEST(MountedPartsTest, FindsAFileByItsFileSystem) {
  auto parts = parts_of(2, "/srv/v");
  EXPECT_EQ(place_in(parts, "8:2", "/v"), "");
  EXPECT_EQ(place_in(parts, "8:2", "/v/a/b"), "a/b");
  EXPECT_EQ(place_in(parts, "8:1", "/var/lib/x/y"), "one/y");
  EXPECT_EQ(place_in(parts, "8:2", "/vv"), std::nullopt);
  EXPECT_EQ(place_in(parts, "8:2", "/"), std::nullopt);
  EXPECT_EQ(place_in(parts, "8:3", "/v"), std::nullopt);
}

TEST(MountedPartsTest, ComparesWhatIsBelow) {
  auto parts = parts_of(2, "/srv/v");
  EXPECT_TRUE(same_below(parts, "", parts));
  EXPECT_TRUE(same_below(parts, "one", parts_of(3, "/srv/v/one")));
  EXPECT_FALSE(same_below(parts, "", parts_of(3, "/srv/v/one")));
  EXPECT_TRUE(same_below(parts, "two", parts_of(9, "/elsewhere")));
  EXPECT_FALSE(same_below(parts, "one", parts_of(9, "/elsewhere")));
}

TEST(MountedPartsTest, JoinsPlaces) {
  EXPECT_EQ(join_places("", "b"), "b");
  EXPECT_EQ(join_places("a", ""), "a");
  EXPECT_EQ(join_places("a/", "b"), "a/b");
  EXPECT_EQ(join_places("a", "b/c"), "a/b/c");
}

}  // namespace
}  // namespace kata::storage
