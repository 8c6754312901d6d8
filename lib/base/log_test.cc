#include "lib/base/log.h"

#include <gtest/gtest.h>

#include "lib/base/concat.h"
#include "lib/base/defer.h"

namespace kata {
namespace {

TEST(Log, EventsCarryTheirFieldsAndTheProcessFields) {
  std::string line;
  log::set_sink([&](const log::Event& event) { line = log::to_text(event); });
  auto restore = defer([] { log::set_sink({}); });
  log::set_field("sandbox", "s0");
  log::set_field("sandbox", "s1");
  log::info("qemu", "it \"runs\"\nnow", {{"pid", concat(42)}});
  EXPECT_EQ(line, R"(level=info subsystem=qemu msg="it \"runs\"\nnow" pid="42" sandbox="s1")");
}

TEST(Log, LevelsBelowTheThresholdAreDropped) {
  int count = 0;
  log::set_sink([&](const log::Event&) { ++count; });
  auto restore = defer([] {
    log::set_sink({});
    log::set_level(log::Level::kInfo);
  });
  log::debug("x", "no");
  log::set_level(log::Level::kDebug);
  log::debug("x", "yes");
  log::set_level(log::Level::kError);
  log::warning("x", "no");
  EXPECT_EQ(count, 1);
}

TEST(Concat, JoinsTextNumbersAndBooleans) {
  const char* pointer = "p";
  EXPECT_EQ(concat("a", std::string("b"), 1, '-', -2L, true, pointer), "ab1--2truep");
}

TEST(Defer, RunsUnlessDismissed) {
  int runs = 0;
  {
    auto once = defer([&] { ++runs; });
  }
  {
    auto never = defer([&] { ++runs; });
    never.dismiss();
  }
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace kata
