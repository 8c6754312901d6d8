#include "lib/sys/process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "lib/sys/fd.h"

namespace kata::sys {
namespace {

TEST(Spawn, GivesOutputAndExitStatus) {
  auto out = pipe();
  auto child =
      spawn({.argv = {"sh", "-c", "echo hello; exit 3"}, .env = {}, .directory = "/", .out = out->write.get()});
  ASSERT_TRUE(child.ok()) << child.error().text();
  out->write.reset();
  EXPECT_EQ(*read_to_end(out->read.get(), 100), "hello\n");
  auto status = wait_child(child->pid);
  EXPECT_EQ(status->code, 3);
  EXPECT_EQ(describe(*status), "exited with 3");
}

TEST(Spawn, AMissingProgramIsAnErrorNamingIt) {
  auto child = spawn({.argv = {"/no/such/program"}});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message(), "run /no/such/program: No such file or directory");
}

TEST(Spawn, ClosesWhatIsNotInherited) {
  auto keep = pipe();
  auto drop = pipe();
  auto out = pipe();
  int kept = keep->write.get();
  auto child = spawn({.argv = {"sh", "-c", "ls /proc/$$/fd"}, .out = out->write.get(), .inherited = {kept}});
  ASSERT_TRUE(child.ok());
  out->write.reset();
  auto listing = *read_to_end(out->read.get(), 10000);
  EXPECT_NE(listing.find(std::to_string(kept) + "\n"), std::string::npos);
  EXPECT_EQ(listing.find(std::to_string(drop->write.get()) + "\n"), std::string::npos);
  EXPECT_TRUE(wait_child(child->pid).ok());
}

TEST(Wait, TellsSignals) {
  auto child = spawn({.argv = {"sleep", "100"}});
  ASSERT_TRUE(child.ok());
  EXPECT_FALSE(wait_child_for(child->pid, child->pidfd.get(), std::chrono::milliseconds(1))->has_value());
  ASSERT_TRUE(pidfd_signal(child->pidfd.get(), SIGKILL).ok());
  auto status = wait_child(child->pid);
  EXPECT_EQ(status->code, 128 + SIGKILL);
  EXPECT_EQ(describe(*status), "was killed by SIGKILL");
  EXPECT_TRUE(pidfd_signal(child->pidfd.get(), SIGKILL).error().is_errno(ESRCH));
}

TEST(StartTime, TellsProcessesApart) {
  EXPECT_GT(*process_start_time(getpid()), 0U);
  EXPECT_TRUE(process_start_time(0x3fffffff).error().is(Code::kNotFound));
}

}  // namespace
}  // namespace kata::sys
