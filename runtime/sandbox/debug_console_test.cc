#include "runtime/sandbox/debug_console.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"

namespace kata {
namespace {

class DebugConsoleTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sys::make_directories(temporary_.path() + "/pod").ok());
    auto served = console_.serve(
        socket_, [this] { return dial(); }, threads_);
    ASSERT_TRUE(served.ok()) << served.error().text();
  }
  void TearDown() override {
    console_.stop();
    threads_.join_all();
  }
  // A guest that answers "echo " and what it was told, once.
  Result<UniqueFd> dial() {
    if (refuse_) return Error::make(Code::kUnavailable, "nobody listens");
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    threads_.try_run("test", [end = std::make_shared<UniqueFd>(std::move(pair.first))] {
      std::array<char, 64> buffer{};
      auto got = sys::read_some(end->get(), buffer.data(), buffer.size()).value_or(0U);
      ignore(sys::write_all(end->get(), "echo " + std::string(buffer.data(), got)));
    });
    return std::move(pair.second);
  }
  std::string ask(const std::string& text) {
    auto client = std::move(sys::unix_connect(socket_)).value();
    EXPECT_TRUE(sys::write_all(client.get(), text).ok());
    return sys::read_to_end(client.get(), 1U << 16U).value_or("an error");
  }

  TempDir temporary_;
  std::string socket_ = debug_console_socket(temporary_.path(), "pod");
  std::atomic<bool> refuse_ = false;
  Threads threads_;
  DebugConsole console_;
};

TEST_F(DebugConsoleTest, CarriesBothWaysForOneAfterTheOther) {
  EXPECT_EQ(ask("one"), "echo one");
  EXPECT_EQ(ask("two"), "echo two");
}

TEST_F(DebugConsoleTest, AGuestWithoutOneIsSaid) {
  refuse_ = true;
  auto client = std::move(sys::unix_connect(socket_)).value();
  auto said = sys::read_to_end(client.get(), 1U << 16U).value_or("an error");
  EXPECT_NE(said.find("nobody listens"), std::string::npos) << said;
}

TEST_F(DebugConsoleTest, TheEndOfThePodEndsWhoIsConnected) {
  auto client = std::move(sys::unix_connect(socket_)).value();
  console_.stop();
  EXPECT_EQ(sys::read_to_end(client.get(), 1U << 16U).value_or(""), "") << "its end, or a reset";
}

}  // namespace
}  // namespace kata
