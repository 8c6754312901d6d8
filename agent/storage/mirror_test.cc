#include "agent/storage/mirror.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/inotify.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

class MirrorTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sys::make_directory(source_).ok()); }

  void write(const std::string& name, std::string_view text, mode_t mode = 0644) {
    ASSERT_TRUE(sys::write_file(source_ + "/" + name, text, mode).ok());
  }
  // What the kubelet does: a directory of the new content, and one link that is renamed.
  void publish(const std::string& version, const std::string& key, const std::string& text) {
    ASSERT_TRUE(sys::make_directory(source_ + "/" + version).ok());
    write(version + "/" + key, text);
    auto link = source_ + "/..data_tmp";
    ASSERT_EQ(::symlink(version.c_str(), link.c_str()), 0);
    ASSERT_EQ(::rename(link.c_str(), (source_ + "/..data").c_str()), 0);
    auto visible = source_ + "/" + key;
    if (sys::lstat(visible)) return;
    ASSERT_EQ(::symlink(("..data/" + key).c_str(), visible.c_str()), 0);
  }
  std::string copied(const std::string& name) const { return sys::read_file(target_ + "/" + name).value_or("none"); }

  TempDir temporary_;
  std::string source_ = temporary_.path() + "/source";
  std::string target_ = temporary_.path() + "/target";
};

TEST_F(MirrorTest, ANameMayBeAsLongAsNamesCanBe) {
  std::string key(253, 'k');
  publish("..v1", key, "one");
  write(std::string(255, 'f'), "two");
  auto mirror = Mirror::create(source_, target_, {});
  ASSERT_TRUE(mirror.ok()) << mirror.error().text();
  EXPECT_EQ(copied(key), "one");
  EXPECT_EQ(copied(std::string(255, 'f')), "two");
}

TEST_F(MirrorTest, CopiesATreeWithModesAndLinks) {
  ASSERT_TRUE(sys::make_directory(source_ + "/d", 0750).ok());
  write("d/secret", "s", 0400);
  write("run", "#!/bin/sh\n", 0755);
  ASSERT_EQ(::symlink("d/secret", (source_ + "/link").c_str()), 0);
  ASSERT_EQ(::chmod(source_.c_str(), 01777), 0);
  auto mirror = Mirror::create(source_, target_, {});
  ASSERT_TRUE(mirror.ok()) << mirror.error().text();
  EXPECT_EQ(copied("link"), "s");
  EXPECT_EQ(sys::read_link(target_ + "/link").value_or(""), "d/secret");
  EXPECT_EQ(sys::lstat(target_ + "/d")->st_mode & 07777U, 0750U);
  EXPECT_EQ(sys::lstat(target_ + "/d/secret")->st_mode & 07777U, 0400U);
  EXPECT_EQ(sys::lstat(target_ + "/run")->st_mode & 07777U, 0755U);
  EXPECT_EQ(sys::lstat(target_)->st_mode & 07777U, 01777U);
  EXPECT_FALSE(mirror->follow().value_or(true)) << "nothing has changed";
}

TEST_F(MirrorTest, ASwapOfKubernetesIsASwapThatInotifySees) {
  publish("..v1", "key", "one");
  auto mirror = Mirror::create(source_, target_, {});
  ASSERT_TRUE(mirror.ok()) << mirror.error().text();
  EXPECT_EQ(copied("key"), "one");
  auto events = std::move(sys::inotify()).value();
  ASSERT_TRUE(sys::watch_path(events.get(), target_, IN_MOVED_TO).ok());
  publish("..v2", "key", "two");
  ASSERT_TRUE(sys::remove_tree(source_ + "/..v1").ok());
  EXPECT_TRUE(mirror->follow().value_or(false));
  EXPECT_EQ(copied("key"), "two");
  EXPECT_FALSE(sys::exists(target_ + "/..v1")) << "the old content goes";
  std::array<char, 4096> buffer{};
  auto got = sys::read_some(events.get(), buffer.data(), buffer.size());
  ASSERT_TRUE(got.ok()) << got.error().text();
  EXPECT_NE(std::string_view(buffer.data(), *got).find("..data"), std::string_view::npos);
  EXPECT_FALSE(mirror->follow().value_or(true));
}

TEST_F(MirrorTest, WhatHasGoneGoesAndWhatIsOfAnotherKindIsReplaced) {
  write("a", "file");
  ASSERT_TRUE(sys::make_directory(source_ + "/b").ok());
  write("b/x", "x");
  auto mirror = Mirror::create(source_, target_, {});
  ASSERT_TRUE(mirror.ok()) << mirror.error().text();
  ASSERT_TRUE(sys::remove_file(source_ + "/a").ok());
  ASSERT_TRUE(sys::make_directory(source_ + "/a").ok());
  write("a/in", "side");
  ASSERT_TRUE(sys::remove_tree(source_ + "/b").ok());
  write("b", "now a file");
  ASSERT_TRUE(mirror->follow().value_or(false));
  EXPECT_EQ(copied("a/in"), "side");
  EXPECT_EQ(copied("b"), "now a file");
  ASSERT_TRUE(sys::remove_file(source_ + "/b").ok());
  ASSERT_TRUE(mirror->follow().value_or(false));
  EXPECT_FALSE(sys::exists(target_ + "/b"));
}

TEST_F(MirrorTest, ASingleFileIsWrittenOver) {
  write("file", "one");
  auto mirror = Mirror::create(source_ + "/file", target_, {});
  ASSERT_TRUE(mirror.ok()) << mirror.error().text();
  auto before = sys::lstat(target_)->st_ino;
  write("file", "two, and longer");
  ASSERT_TRUE(mirror->follow().value_or(false));
  EXPECT_EQ(sys::read_file(target_).value_or(""), "two, and longer");
  EXPECT_EQ(sys::lstat(target_)->st_ino, before) << "it is bound into containers";
}

// A container that may write to its volume plants links where the next round writes.
TEST_F(MirrorTest, NeverWritesThroughLinksInTheCopy) {
  ASSERT_TRUE(sys::make_directory(source_ + "/d").ok());
  write("d/x", "1");
  write("file", "1");
  auto mirror = Mirror::create(source_, target_, {});
  ASSERT_TRUE(mirror.ok()) << mirror.error().text();
  auto outside = temporary_.path() + "/outside";
  ASSERT_TRUE(sys::make_directory(outside).ok());
  ASSERT_TRUE(sys::write_file(outside + "/x", "mine").ok());
  for (std::string name : {"d", "file", "file.kata-new"}) {
    ASSERT_TRUE(sys::remove_tree(target_ + "/" + name).ok());
    ASSERT_EQ(::symlink(name == "d" ? outside.c_str() : (outside + "/x").c_str(), (target_ + "/" + name).c_str()), 0);
  }
  write("d/x", "22");
  write("file", "22");
  (void)mirror->follow();
  EXPECT_EQ(sys::read_file(outside + "/x").value_or(""), "mine");
}

TEST_F(MirrorTest, TooMuchIsNotCopied) {
  write("big", std::string(2000, 'x'));
  auto mirror = Mirror::create(source_, target_, {.bytes = 1999});
  ASSERT_FALSE(mirror.ok());
  EXPECT_TRUE(mirror.error().is(Code::kResourceExhausted));
  EXPECT_TRUE(Mirror::create(source_, target_, {.bytes = 2000}).ok());
  for (int i = 0; i < 3; ++i) write(concat("file", i), "");
  EXPECT_FALSE(Mirror::create(source_, target_ + "2", {.entries = 3}).ok());
}

TEST_F(MirrorTest, ASourceThatGoesIsAnErrorAndTheCopyStays) {
  write("a", "text");
  auto mirror = Mirror::create(source_, target_, {});
  ASSERT_TRUE(mirror.ok());
  ASSERT_TRUE(sys::remove_tree(source_).ok());
  EXPECT_FALSE(mirror->follow().ok());
  EXPECT_EQ(copied("a"), "text");
}

}  // namespace
}  // namespace kata::agent
