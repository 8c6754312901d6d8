#include "runtime/host_resources/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/test/temp_dir.h"

namespace kata::host {
namespace {

constexpr const journal::Kind* kProcessKinds[] = {&kProcess};

class ProcessTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = temporary_.path();
    file_ = base_ + "/journal";
    journal_ = std::move(journal::Journal::open(file_, kProcessKinds, {})).value();
  }

  TempDir temporary_;
  std::string base_, file_;
  std::unique_ptr<journal::Journal> journal_;
};

TEST_F(ProcessTest, IsKilledByWhoeverReplays) {
  auto child = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE(record_process(*journal_, child->pid).ok());
  EXPECT_TRUE(journal::replay(file_, kProcessKinds, {}).ok());
  auto status = sys::wait_child(child->pid);
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->signal, SIGKILL);
}

TEST_F(ProcessTest, ALaterOneWithTheSameNumberIsLeftAlone) {
  auto child = sys::spawn({.argv = {"sleep", "1000"}});
  ASSERT_TRUE(child.ok());
  auto start = sys::process_start_time(child->pid);
  ASSERT_TRUE(start.ok());
  EXPECT_TRUE(kProcess.undo(concat(child->pid, " ", *start + 1)).ok());
  EXPECT_EQ(::kill(child->pid, 0), 0);
  EXPECT_EQ(::waitpid(child->pid, nullptr, WNOHANG), 0) << "it still runs";
  ASSERT_TRUE(sys::kill(child->pid, SIGKILL).ok());
  ASSERT_TRUE(sys::wait_child(child->pid).ok());
}

TEST_F(ProcessTest, TheOneThatUndoesLeavesItselfAlone) {
  ASSERT_TRUE(record_process(*journal_, ::getpid()).ok());
  EXPECT_TRUE(journal_->undo_all().ok());
}

TEST(ProcessPayloadTest, NamesAProcessAndItsStart) {
  EXPECT_TRUE(kProcess.is_valid("42 4711", {}));
  for (const char* bad : {"", "1 2", "0 2", "-5 2", "99999999999 2", "5", "5 2 3", "5 x", " 5 2"}) {
    EXPECT_FALSE(kProcess.is_valid(bad, {})) << bad;
  }
}

}  // namespace
}  // namespace kata::host
