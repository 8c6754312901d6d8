#include "runtime/log/sinks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <regex>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"
#include "runtime/log/format.h"

namespace kata::log {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class Sinks : public ::testing::Test {
 protected:
  void TearDown() override { set_sink(nullptr); }
  // A daemon's socket, as journald and syslog have it.
  UniqueFd listen_at(const std::string& path) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  sys::Received receive(const UniqueFd& socket) {
    auto ready = sys::wait_for(socket.get(), POLLIN, std::chrono::seconds(30));
    EXPECT_TRUE(ready.ok() && *ready) << "nothing was sent";
    auto received = sys::receive_fds(socket.get(), 1U << 20U, 1);
    EXPECT_TRUE(received.ok()) << received.error().text();
    return std::move(received).value();
  }
  TempDir temporary_;
  std::string path_ = temporary_.path();
};

const Event kEvent{Level::kWarning, "qemu", "it \"said\"\nno", {{"sandbox", "s-1"}, {"reason", "two words"}}};

TEST_F(Sinks, FileAsText) {
  auto file = path_ + "/log";
  ASSERT_TRUE(use_file(file, "text").ok());
  warning("qemu", "it \"said\"\nno", {{"sandbox", "s-1"}, {"reason", "two words"}});
  error("shim", "second");
  auto text = sys::read_file(file);
  ASSERT_TRUE(text.ok());
  std::regex expected(
      "time=\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z\" level=warning "
      "msg=\"it \\\\\"said\\\\\"\\\\nno\" subsystem=qemu sandbox=s-1 reason=\"two words\"\n"
      "time=\"[^\"]*\" level=error msg=\"second\" subsystem=shim\n");
  EXPECT_TRUE(std::regex_match(*text, expected)) << *text;
}

TEST_F(Sinks, FileAsJson) {
  auto file = path_ + "/log.json";
  ASSERT_TRUE(use_file(file, "json").ok());
  info("shim", "tab\tand \xff", {{"msg", "other"}});
  auto text = sys::read_file(file);
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, StartsWith("{\"level\":\"info\",\"msg\":\"tab\\tand \xef\xbf\xbd\",\"time\":\""));
  EXPECT_THAT(*text, HasSubstr("\"fields.msg\":\"other\"}\n"));
}

TEST_F(Sinks, FileIsAppendedTo) {
  auto file = path_ + "/log";
  ASSERT_TRUE(sys::write_file(file, "before\n").ok());
  ASSERT_TRUE(use_file(file, "text").ok());
  info("shim", "after");
  auto text = sys::read_file(file);
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, StartsWith("before\ntime="));
}

TEST_F(Sinks, FileThatCannotBeWritten) {
  auto file = path_ + "/none/log";
  auto missing = use_file(file, "text");
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message(), HasSubstr(file));
  EXPECT_THAT(missing.error().message(), StartsWith("log file: "));
  auto format = use_file(path_ + "/log", "xml");
  ASSERT_FALSE(format.ok());
  EXPECT_THAT(format.error().message(), HasSubstr("\"xml\""));
  EXPECT_FALSE(sys::exists(path_ + "/log"));
}

TEST_F(Sinks, FullDiskLosesLinesOnly) {
  ASSERT_TRUE(use_file("/dev/full", "text").ok());
  for (int i = 0; i < 100; ++i) info("shim", "lost");
}

TEST_F(Sinks, FifoWithoutReaderNeitherBlocksNorKills) {
  auto fifo = path_ + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  ASSERT_TRUE(use_file(fifo, "text").ok());
  std::string large(4000, 'x');
  for (int i = 0; i < 100; ++i) info("shim", large);
  auto reader = sys::open(fifo, O_RDONLY | O_NONBLOCK);
  ASSERT_TRUE(reader.ok());
  std::array<char, 6> start{};
  ASSERT_TRUE(sys::read_exactly(reader->get(), start.data(), 5).ok());
  EXPECT_STREQ(start.data(), "time=");
}

TEST_F(Sinks, Journal) {
  auto daemon = listen_at(path_ + "/journal");
  auto sink = journal_sink(path_ + "/journal");
  ASSERT_TRUE(sink.ok()) << sink.error().text();
  (*sink)(kEvent);
  auto data = receive(daemon).data;
  EXPECT_THAT(data, StartsWith(std::string("MESSAGE\n\x0c\0\0\0\0\0\0\0it \"said\"\nno\n", 29)));
  EXPECT_THAT(data, HasSubstr("\nPRIORITY=4\nSYSLOG_IDENTIFIER=kata\nSUBSYSTEM=qemu\nSANDBOX=s-1\nREASON=two words\n"));
}

TEST_F(Sinks, JournalFieldNames) {
  auto daemon = listen_at(path_ + "/journal");
  auto sink = journal_sink(path_ + "/journal");
  ASSERT_TRUE(sink.ok());
  (*sink)({Level::kError, "s", "m", {{"exit-code", "1"}, {"_pid", "2"}, {"priority", "3"}, {"9p", "4"}}});
  EXPECT_EQ(receive(daemon).data,
            "MESSAGE=m\nPRIORITY=3\nSYSLOG_IDENTIFIER=kata\nSUBSYSTEM=s\nEXIT_CODE=1\nKATA__PID=2\nKATA_PRIORITY=3\n"
            "KATA_9P=4\n");
}

TEST_F(Sinks, JournalTakesLargeEventsInAFile) {
  auto daemon = listen_at(path_ + "/journal");
  auto sink = journal_sink(path_ + "/journal");
  ASSERT_TRUE(sink.ok());
  std::string message(8U << 20U, 'x');
  (*sink)({Level::kInfo, "s", message, {}});
  auto received = receive(daemon);
  ASSERT_EQ(received.fds.size(), 1U);
  auto seals = fcntl(received.fds[0].get(), F_GET_SEALS);
  EXPECT_EQ(seals, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  ASSERT_EQ(lseek(received.fds[0].get(), 0, SEEK_SET), 0);
  auto text = sys::read_to_end(received.fds[0].get(), 16U << 20U);
  ASSERT_TRUE(text.ok());
  EXPECT_TRUE(text->starts_with("MESSAGE=xxx"));
  EXPECT_GT(text->size(), message.size());
}

TEST_F(Sinks, DaemonThatDoesNotReadLosesLinesOnly) {
  auto daemon = listen_at(path_ + "/journal");
  auto sink = journal_sink(path_ + "/journal");
  ASSERT_TRUE(sink.ok());
  for (int i = 0; i < 10000; ++i) (*sink)(kEvent);
  daemon.reset();
  (*sink)(kEvent);
}

TEST_F(Sinks, DaemonMayRestart) {
  auto daemon = listen_at(path_ + "/journal");
  auto sink = journal_sink(path_ + "/journal");
  ASSERT_TRUE(sink.ok());
  daemon.reset();
  ASSERT_TRUE(sys::remove_file(path_ + "/journal").ok());
  (*sink)(kEvent);
  daemon = listen_at(path_ + "/journal");
  (*sink)(kEvent);
  EXPECT_THAT(receive(daemon).data, StartsWith("MESSAGE"));
}

TEST_F(Sinks, Syslog) {
  auto daemon = listen_at(path_ + "/log");
  auto sink = syslog_sink(path_ + "/log");
  ASSERT_TRUE(sink.ok()) << sink.error().text();
  (*sink)(kEvent);
  std::regex expected(
      "<12>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} kata\\[[0-9]+\\]: level=warning "
      "msg=\"it \\\\\"said\\\\\"\\\\nno\" subsystem=qemu sandbox=s-1 reason=\"two words\"");
  auto line = receive(daemon).data;
  EXPECT_TRUE(std::regex_match(line, expected)) << line;
  (*sink)({Level::kInfo, "s", std::string(100'000, 'x'), {}});
  EXPECT_EQ(receive(daemon).data.size(), 8000U);
}

TEST_F(Sinks, NobodyListens) {
  EXPECT_FALSE(journal_sink(path_ + "/none").ok());
  EXPECT_FALSE(syslog_sink(path_ + "/none").ok());
  EXPECT_FALSE(syslog_sink(std::string(200, 'x')).ok());
}

TEST(Format, OneLineWhateverIsInIt) {
  Event event{Level::kInfo, "s", "a\r\nb\x01\x7f", {{"k", "c\nd"}}};
  for (const auto& line : {text_line(event, "t"), json_line(event, "t")}) {
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, HasSubstr("a\\r\\nb\\u0001\\u007f"));
    EXPECT_THAT(line, HasSubstr("c\\nd"));
  }
}

TEST(Format, BytesThatAreNotUtf8) {
  for (std::string_view bad : {"\x80", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    auto line = json_line({Level::kInfo, "s", bad, {}}, "t");
    EXPECT_THAT(line, HasSubstr("\"msg\":\"\xef\xbf\xbd")) << bad;
  }
  for (std::string_view good : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_THAT(json_line({Level::kInfo, "s", good, {}}, "t"), HasSubstr(concat("\"msg\":\"", good, "\"")));
  }
}

TEST(Format, TimeIsRfc3339) { EXPECT_THAT(timestamp(), MatchesRegex("....-..-..T..:..:..\\........?Z")); }

}  // namespace
}  // namespace kata::log
