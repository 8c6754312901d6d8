#include "runtime/sandbox/termination_log.h"

#include <gtest/gtest.h>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/agent_client/fake_agent_for_test.h"

namespace kata {
namespace {

grpc::Mount& add_mount(grpc::Spec& spec, const std::string& source, const std::string& destination) {
  auto& mount = *spec.add_mounts();
  mount.set_source(source);
  mount.set_destination(destination);
  return mount;
}

TEST(TerminationLog, IsTheFileThatTheContainerSeesAtItsPath) {
  grpc::Spec spec;
  EXPECT_EQ(termination_log_of(spec, {}), "");
  add_mount(spec, "/pods/log", "/dev/termination-log");
  add_mount(spec, "/pods/other", "/var/last-words");
  EXPECT_EQ(termination_log_of(spec, {}), "/pods/log");
  EXPECT_EQ(termination_log_of(spec, {{"io.kubernetes.container.terminationMessagePath", "/var/last-words"}}),
            "/pods/other");
  spec.mutable_mounts(0)->add_options("ro");
  EXPECT_EQ(termination_log_of(spec, {}), "") << "nobody could have written to it";
}

class BringBackTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sys::write_file(log_, "what was there before").ok()); }
  std::string bring_back() {
    bring_back_termination_log(connection_.client(), "c1", log_, nullptr);
    return sys::read_file(log_).value_or("none");
  }

  TempDir temporary_;
  std::string log_ = temporary_.path() + "/log";
  FakeAgent agent_;
  FakeConnection connection_{agent_};
};

TEST_F(BringBackTest, WritesWhatTheGuestHas) {
  agent_.set([&] { agent_.termination_log = "out of ideas"; });
  EXPECT_EQ(bring_back(), "out of ideas");
}

TEST_F(BringBackTest, TakesNoMoreThanIsReadFromIt) {
  agent_.set([&] { agent_.termination_log = std::string(10000, 'x'); });
  EXPECT_EQ(bring_back(), std::string(4096, 'x'));
}

TEST_F(BringBackTest, WithoutAnAnswerTheFileStaysAsItIs) { EXPECT_EQ(bring_back(), "what was there before"); }

TEST_F(BringBackTest, ALinkIsNotFollowed) {
  auto victim = temporary_.path() + "/victim";
  ASSERT_TRUE(sys::write_file(victim, "precious").ok());
  ASSERT_TRUE(sys::remove_file(log_).ok());
  ASSERT_EQ(::symlink(victim.c_str(), log_.c_str()), 0);
  agent_.set([&] { agent_.termination_log = "overwritten"; });
  EXPECT_EQ(bring_back(), "precious");
}

}  // namespace
}  // namespace kata
