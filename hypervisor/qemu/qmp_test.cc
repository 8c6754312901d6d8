#include "hypervisor/qemu/qmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::hypervisor {
namespace {

using ::testing::HasSubstr;
using Kind = QmpMessage::Kind;
constexpr std::chrono::milliseconds kLong(60000);

TEST(QmpMessage, Greeting) {
  auto message = parse_qmp(R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "x"}}})");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->kind, Kind::kGreeting);
  EXPECT_EQ(message->text, "7.2.22");
  EXPECT_EQ(parse_qmp(R"({"QMP": 3})")->text, "");
}

TEST(QmpMessage, Reply) {
  auto message = parse_qmp("{\"return\": {\"a\": [1]}, \"id\": 7}\r");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->kind, Kind::kReply);
  EXPECT_EQ(message->id, 7U);
  EXPECT_EQ(message->data, R"({"a":[1]})");
}

TEST(QmpMessage, ErrorAnswer) {
  auto message = parse_qmp(R"({"id": 8, "error": {"class": "GenericError", "desc": "no"}})");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->kind, Kind::kError);
  EXPECT_EQ(message->name, "GenericError");
  EXPECT_EQ(message->text, "no");
}

TEST(QmpMessage, Event) {
  auto message = parse_qmp(R"({"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}})");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->kind, Kind::kEvent);
  EXPECT_EQ(message->name, "SHUTDOWN");
  EXPECT_EQ(message->reason, "guest-reset");
}

TEST(QmpMessage, HostileInputIsAnError) {
  for (const std::string text : {"", "{", "[]", "7", "{}", "{\"event\": 4}", "{\"error\": 1}", "\xff\xfe"}) {
    EXPECT_FALSE(parse_qmp(text).ok()) << text;
  }
  EXPECT_FALSE(parse_qmp(concat("{\"return\":", std::string(100000, '['), "}")).ok());
  EXPECT_FALSE(parse_qmp(std::string(kMaxQmpLine + 1, ' ')).ok());
  // Wrong types where a message is known are read as absent.
  EXPECT_EQ(parse_qmp(R"({"return": 1, "id": -5})")->id, 0U);
  EXPECT_EQ(parse_qmp(R"({"return": 1, "id": "x"})")->id, 0U);
}

TEST(QmpMessage, Command) {
  EXPECT_EQ(qmp_command("stop", 3), "{\"execute\":\"stop\",\"id\":3}\n");
  EXPECT_EQ(qmp_command("x", 4, "{\"a\":1}"), "{\"execute\":\"x\",\"id\":4,\"arguments\":{\"a\":1}}\n");
}

// A client whose socket is read by a thread, and the other end of it.
class QmpTest : public ::testing::Test {
 protected:
  QmpTest() {
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    far_ = std::move(pair.first);
    client_ = std::make_unique<Qmp>(std::move(pair.second));
    reader_ = std::thread([this] {
      while (client_->receive()) {
      }
    });
  }
  ~QmpTest() override {
    ::shutdown(far_.get(), SHUT_RDWR);
    reader_.join();
  }
  void say(const std::string& text) { EXPECT_TRUE(sys::write_all(far_.get(), text).ok()); }
  std::string hear() {
    char buffer[4096];
    auto got = sys::read_some(far_.get(), buffer, sizeof buffer);
    return got ? std::string(buffer, *got) : std::string();
  }

  UniqueFd far_;
  std::unique_ptr<Qmp> client_;
  std::thread reader_;
};

TEST_F(QmpTest, AnswersGoToWhoAsked) {
  std::thread qemu([&] {
    say("{\"QMP\": {}}\r\n");
    auto asked = hear();
    EXPECT_EQ(asked, "{\"execute\":\"query-status\",\"id\":1}\n");
    say("{\"event\":\"STOP\"}\r\n{\"return\": 9, \"id\": 77}\r\n{\"return\": {\"running\"");
    say(": true}, \"id\": 1}\r\n");
  });
  auto answer = client_->execute("query-status", kLong);
  qemu.join();
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(*answer, "{\"running\":true}");
}

TEST_F(QmpTest, ARefusalIsAnError) {
  std::thread qemu([&] {
    hear();
    say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"not now\"}, \"id\": 1}\n");
  });
  auto answer = client_->execute("stop", kLong);
  qemu.join();
  EXPECT_EQ(answer.error().message(), "QEMU refused stop: not now");
}

TEST_F(QmpTest, TheEndOfTheConnectionEndsTheWait) {
  std::thread qemu([&] {
    hear();
    ::shutdown(far_.get(), SHUT_RDWR);
  });
  EXPECT_EQ(client_->execute("stop", kLong).error().code(), Code::kUnavailable);
  qemu.join();
  EXPECT_EQ(client_->execute("stop", kLong).error().code(), Code::kUnavailable);
}

TEST_F(QmpTest, RubbishEndsTheConnection) {
  std::thread qemu([&] {
    hear();
    say("what?\n");
  });
  EXPECT_EQ(client_->execute("stop", kLong).error().code(), Code::kDataLoss);
  qemu.join();
}

TEST_F(QmpTest, SilenceIsADeadline) {
  EXPECT_EQ(client_->execute("stop", std::chrono::milliseconds(1)).error().code(), Code::kDeadlineExceeded);
}

TEST_F(QmpTest, EventsOfADeviceGoToWhoListens) {
  Qmp::Events mine(*client_, "d"), other(*client_, "e");
  say("{\"event\":\"DEVICE_DELETED\",\"data\":{\"path\":\"/machine/x\"}}\n");  // of a device without an id
  say("{\"event\":\"MEM_UNPLUG_ERROR\",\"data\":{\"device\":\"d\",\"msg\":\"in use\"}}\n");
  say("{\"event\":\"MEMORY_DEVICE_SIZE_CHANGE\",\"data\":{\"id\":\"d\",\"size\":1}}\n");
  auto first = mine.next(kLong);
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->name, "MEM_UNPLUG_ERROR");
  EXPECT_EQ((*first)->text, "in use");
  EXPECT_EQ((**mine.next(kLong)).name, "MEMORY_DEVICE_SIZE_CHANGE");
  EXPECT_FALSE(mine.next(std::chrono::milliseconds(1)).value().has_value());
  EXPECT_FALSE(other.next(std::chrono::milliseconds(1)).value().has_value());
  ::shutdown(far_.get(), SHUT_RDWR);
  EXPECT_EQ(mine.next(kLong).error().code(), Code::kUnavailable);
}

TEST_F(QmpTest, AFloodOfEventsIsDropped) {
  Qmp::Events events(*client_, "d");
  std::string flood;
  for (size_t i = 0; i < 10 * Qmp::Events::kMaxEvents; ++i) flood += "{\"event\":\"E\",\"data\":{\"device\":\"d\"}}\n";
  say(flood);
  ::shutdown(far_.get(), SHUT_WR);
  EXPECT_FALSE(client_->execute("stop", kLong).ok());  // everything was read
  size_t kept = 0;
  while (events.next(std::chrono::milliseconds(0)).ok()) ++kept;
  EXPECT_EQ(kept, Qmp::Events::kMaxEvents);
}

TEST_F(QmpTest, ADescriptorGoesWithItsCommand) {
  auto pipe = sys::pipe().value();
  std::thread qemu([&] {
    auto got = sys::receive_fds(far_.get(), 4096, 4);
    EXPECT_EQ(got->data, "{\"execute\":\"getfd\",\"id\":1,\"arguments\":{\"fdname\":\"f\"}}\n");
    EXPECT_EQ(got->fds.size(), 1U);
    EXPECT_TRUE(sys::write_all(got->fds.at(0).get(), "x").ok());
    say("{\"return\": {}, \"id\": 1}\n");
  });
  EXPECT_TRUE(client_->execute_with_fd("getfd", pipe.write.get(), kLong, R"({"fdname":"f"})").ok());
  qemu.join();
  char byte = 0;
  EXPECT_EQ(sys::read_some(pipe.read.get(), &byte, 1).value(), 1U);
}

TEST_F(QmpTest, AnAbsentDeviceIsNotFound) {
  std::thread qemu([&] {
    hear();
    say(R"({"error": {"class": "DeviceNotFound", "desc": "Device 'd' not found"}, "id": 1})"
        "\n");
  });
  EXPECT_EQ(client_->execute("device_del", kLong).error().code(), Code::kNotFound);
  qemu.join();
}

TEST_F(QmpTest, KeepsTheFirstReasonOfAShutdown) {
  say("{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":\"guest-panic\"}}\n");
  say("{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":\"host-signal\"}}\n");
  ::shutdown(far_.get(), SHUT_WR);
  EXPECT_FALSE(client_->execute("stop", kLong).ok());  // fails once everything was read
  EXPECT_EQ(client_->shutdown_reason(), "guest-panic");
}

}  // namespace
}  // namespace kata::hypervisor
