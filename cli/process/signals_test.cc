#include "cli/process/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "lib/sys/fd.h"

namespace kata::cli {
namespace {

TEST(ParseSignal, TakesNamesAndNumbers) {
  for (const char* text : {"TERM", "SIGTERM", "term", "SigTerm", "15"}) EXPECT_EQ(*parse_signal(text), SIGTERM) << text;
  EXPECT_EQ(*parse_signal("KILL"), SIGKILL);
  EXPECT_EQ(*parse_signal("0"), 0);
  EXPECT_EQ(*parse_signal("RTMIN+3"), 37);  // how systemd in a container is told to halt
  EXPECT_EQ(*parse_signal("SIGRTMAX-1"), 63);
  EXPECT_EQ(*parse_signal("64"), 64);
}

TEST(ParseSignal, RefusesTheRest) {
  for (const char* text : {"", "SIG", "NOPE", "-1", "65", "15x", "RTMIN+99", "RTMAX+1", "99999999999"}) {
    EXPECT_FALSE(parse_signal(text).ok()) << text;
  }
}

TEST(ParseSignal, NamesGoBothWays) {
  for (int number = 1; number < 32; ++number) EXPECT_EQ(*parse_signal(signal_name(number)), number);
}

// One process-wide mask: both in one test.
TEST(Signals, AreQueuedAndAbort) {
  auto signals = Signals::block();
  ASSERT_TRUE(signals.ok());
  EXPECT_EQ(signals->next().number, 0);
  ::kill(::getpid(), SIGUSR1);
  ASSERT_TRUE(*sys::wait_for(signals->fd(), POLLIN, std::chrono::seconds(10)));
  auto arrived = signals->next();
  EXPECT_EQ(arrived.number, SIGUSR1);
  EXPECT_FALSE(arrived.from_terminal);

  std::atomic<int> got = 0;
  {
    auto abort = AbortOnSignal::watch(*signals, [&](int number) {
      got = number;
      got.notify_all();
    });
    ASSERT_TRUE(abort.ok());
    ::kill(::getpid(), SIGUSR2);  // not one that aborts
    ::kill(::getpid(), SIGTERM);
    got.wait(0);
  }
  EXPECT_EQ(got, SIGTERM);
}

TEST(Signals, AWatchEndsWithoutASignal) {
  auto signals = Signals::block();
  ASSERT_TRUE(signals.ok());
  auto abort = AbortOnSignal::watch(*signals, [](int) { FAIL(); });
  ASSERT_TRUE(abort.ok());
}

}  // namespace
}  // namespace kata::cli
