#include "agent/container/spawn/status.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "lib/sys/fd.h"

namespace kata::agent {
namespace {

class StatusTest : public testing::Test {
 protected:
  StatusTest() : StatusTest(StatusChannel::create().value()) {}

  StatusMessage received() { return std::move(agent_.receive().value()).value(); }

  StatusChannel agent_;
  StatusChannel child_;

 private:
  explicit StatusTest(std::pair<StatusChannel, StatusChannel> ends)
      : agent_(std::move(ends.first)), child_(std::move(ends.second)) {}
};

TEST_F(StatusTest, AnErrorArrivesWithItsCodeAndItsHint) {
  child_.fail(Error::make(Code::kNotFound, "no program").hint("install it"));
  auto message = received();
  EXPECT_EQ(message.kind, StatusKind::kError);
  EXPECT_EQ(message.code, Code::kNotFound);
  EXPECT_EQ(message.text, "no program");
  EXPECT_EQ(message.hint, "install it");
}

TEST_F(StatusTest, AnErrorWithoutAHintHasNone) {
  child_.fail(Error::make(Code::kInternal, "broken"));
  auto message = received();
  EXPECT_EQ(message.text, "broken");
  EXPECT_EQ(message.hint, "");
}

TEST_F(StatusTest, MessagesStayApartAndInOrder) {
  child_.warn("one");
  child_.warn("");
  ASSERT_TRUE(child_.send(StatusKind::kReady).ok());
  EXPECT_EQ(received().text, "one");
  EXPECT_EQ(received().kind, StatusKind::kWarning);
  EXPECT_EQ(received().kind, StatusKind::kReady);
}

TEST_F(StatusTest, ALongTextIsCut) {
  child_.warn(std::string(1 << 20, 'x'));
  auto text = received().text;
  EXPECT_GT(text.size(), 1000U);
  EXPECT_EQ(text.find_first_not_of('x'), std::string::npos);
}

TEST_F(StatusTest, TheTerminalComesAsADescriptor) {
  auto pipe = sys::pipe().value();
  ASSERT_TRUE(child_.send_terminal(pipe.write.get()).ok());
  pipe.write.reset();
  auto message = received();
  EXPECT_EQ(message.kind, StatusKind::kTerminal);
  ASSERT_TRUE(sys::write_all(message.fd.get(), "through it").ok());
  message.fd.reset();
  EXPECT_EQ(sys::read_to_end(pipe.read.get(), 100).value(), "through it");
}

TEST_F(StatusTest, TheEndOfTheChildIsTheEndOfTheMessages) {
  child_.warn("last");
  child_.close();
  EXPECT_EQ(received().text, "last");
  EXPECT_FALSE(agent_.receive().value().has_value());
}

TEST_F(StatusTest, AChildThatWaitsIsReleasedOrToldThatTheAgentIsGone) {
  ASSERT_TRUE(agent_.go().ok());
  EXPECT_TRUE(child_.wait_for_go().ok());
  agent_.close();
  EXPECT_FALSE(child_.wait_for_go().ok());
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_FALSE(child_.send(StatusKind::kReady).ok());
}

}  // namespace
}  // namespace kata::agent
