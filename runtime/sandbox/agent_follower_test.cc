#include "runtime/sandbox/agent_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"

namespace kata {
namespace {

// What is logged of what the agent writes.
std::vector<std::string> logged(const std::string& text) {
  std::vector<std::string> lines;
  log::set_level(log::Level::kDebug);
  log::set_sink([&](const log::Event& event) { lines.emplace_back(event.message); });
  auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
  EXPECT_TRUE(sys::write_all(pair.first.get(), text).ok());
  pair.first.reset();
  follow_agent_log(std::move(pair.second));
  log::set_sink({});
  log::set_level(log::Level::kInfo);
  return lines;
}

TEST(AgentLogTest, IsLoggedLineByLine) {
  EXPECT_THAT(logged("one\ntwo\n\nfour\nno end"), testing::ElementsAre("one", "two", "", "four"));
}

TEST(AgentLogTest, ALineThatIsTooLongIsCut) {
  auto lines = logged(std::string(10000, 'x') + "\nnext\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], std::string(4096, 'x'));
  EXPECT_EQ(lines[1], "next");
}

}  // namespace
}  // namespace kata
