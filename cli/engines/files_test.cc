#include "cli/engines/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/base/sha256.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::cli::engines {
namespace {

class EngineFiles : public ::testing::Test {
 protected:
  Edit edit(const std::string& after, Owner owner = Owner::kTheirs) {
    return {file_, read_if_there(file_).value(), after, owner};
  }
  std::vector<std::string> names() { return sys::list_directory(directory_).value(); }

  TempDir temporary_;
  std::string directory_ = temporary_.path() + "/etc";
  std::string file_ = directory_ + "/daemon.json";
};

TEST_F(EngineFiles, UndoRestoresBytesAndMode) {
  std::string odd("a\r\n\0\xFF", 5);
  sys::make_directory(directory_).value();
  sys::write_file(file_, odd, 0600).value();
  write_edit(edit("new"), "kata").value();
  EXPECT_EQ(sys::read_file(file_).value(), "new");
  EXPECT_EQ(sys::read_file(file_ + ".before-kata").value(), odd);
  EXPECT_EQ(sys::read_file(file_ + ".before-kata.sha256").value(), sha256_hex("new") + "  daemon.json\n");
  EXPECT_EQ(undo(file_, Owner::kTheirs, "other").value(), Undone::kNothing);
  EXPECT_EQ(undo(file_, Owner::kTheirs, "kata").value(), Undone::kRestored);
  EXPECT_EQ(sys::read_file(file_).value(), odd);
  EXPECT_EQ(sys::stat(file_)->st_mode & 0777, 0600U);
  EXPECT_EQ(names(), std::vector<std::string>{"daemon.json"});
  EXPECT_EQ(undo(file_, Owner::kTheirs, "kata").value(), Undone::kNothing);
}

TEST_F(EngineFiles, WhatWasNotThereIsRemoved) {
  write_edit(edit("new"), "kata").value();
  EXPECT_EQ(undo(file_, Owner::kTheirs, "kata").value(), Undone::kRemoved);
  EXPECT_TRUE(names().empty());
}

TEST_F(EngineFiles, WhatWasChangedSinceStays) {
  for (auto owner : {Owner::kTheirs, Owner::kOurs}) {
    sys::remove_tree(directory_).value();
    write_edit(edit(own_text("docker", "new\n"), owner), "kata").value();
    auto changed = sys::read_file(file_).value() + "more\n";
    sys::write_file(file_, changed).value();
    auto before = names();
    auto refused = undo(file_, owner, "kata");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), ::testing::HasSubstr("was changed after"));
    EXPECT_FALSE(refused.error().hint_text().empty());
    EXPECT_EQ(sys::read_file(file_).value(), changed);
    EXPECT_EQ(names(), before);
  }
}

TEST_F(EngineFiles, AnInstallationThatWasCutShortIsTidiedUp) {
  sys::make_directory(directory_).value();
  sys::write_file(file_, "old").value();
  sys::write_file(file_ + ".before-kata", "old").value();
  sys::write_file(file_ + ".before-kata.sha256", sha256_hex("new")).value();
  EXPECT_EQ(undo(file_, Owner::kTheirs, "kata").value(), Undone::kNothing);
  EXPECT_EQ(names(), std::vector<std::string>{"daemon.json"});
}

TEST_F(EngineFiles, ABackupOfSomebodyElsesStays) {
  sys::make_directory(directory_).value();
  sys::write_file(file_ + ".before-kata", "mine").value();
  EXPECT_EQ(undo(file_, Owner::kTheirs, "kata").value(), Undone::kNothing);
  EXPECT_EQ(names(), std::vector<std::string>{"daemon.json.before-kata"});
}

TEST_F(EngineFiles, ALinkStaysALink) {
  sys::make_directory(directory_).value();
  sys::write_file(directory_ + "/real", "old").value();
  ASSERT_EQ(::symlink("real", file_.c_str()), 0);
  write_edit(edit("new"), "kata").value();
  EXPECT_EQ(sys::read_link(file_).value(), "real");
  EXPECT_EQ(sys::read_file(directory_ + "/real").value(), "new");
  EXPECT_EQ(undo(file_, Owner::kTheirs, "kata").value(), Undone::kRestored);
  EXPECT_EQ(sys::read_link(file_).value(), "real");
  EXPECT_EQ(sys::read_file(file_).value(), "old");
}

TEST_F(EngineFiles, OwnTextKnowsItself) {
  auto text = own_text("podman", "[a]\nb = 1\n");
  EXPECT_TRUE(is_own(text));
  EXPECT_FALSE(is_own(text + "\n"));
  EXPECT_FALSE(is_own(""));
  EXPECT_FALSE(is_own("[a]\nb = 1\n"));
}

TEST_F(EngineFiles, ADescriptionHasTheLinesThatDiffer) {
  EXPECT_EQ(describe({file_, "a\nb\nc\n", "a\nx\ny\nc\n"}), "  - b\n  + x\n  + y\n");
  EXPECT_EQ(describe({file_, {}, "a\n"}), "  + a\n");
}

}  // namespace
}  // namespace kata::cli::engines
