#include "agent/guest/options.h"

#include <gtest/gtest.h>

namespace kata::agent {
namespace {

TEST(Options, DefaultsAreUpstreams) {
  auto options = parse_options("console=ttyS0 quiet panic=1");
  EXPECT_EQ(options.log_level, log::Level::kInfo);
  EXPECT_FALSE(options.debug_console);
  EXPECT_EQ(options.debug_console_port, 1026U);
  EXPECT_EQ(options.log_port, 1025U);
  EXPECT_EQ(options.hotplug_timeout, std::chrono::seconds(3));
}

TEST(Options, ReadsItsKeys) {
  auto options = parse_options(
      "agent.log=debug\tagent.debug_console  agent.debug_console_vport=2026 agent.log_vport=2025 "
      "agent.hotplug_timeout=10\n");
  EXPECT_EQ(options.log_level, log::Level::kDebug);
  EXPECT_TRUE(options.debug_console);
  EXPECT_EQ(options.debug_console_port, 2026U);
  EXPECT_EQ(options.log_port, 2025U);
  EXPECT_EQ(options.hotplug_timeout, std::chrono::seconds(10));
}

TEST(Options, LevelsHaveUpstreamsNames) {
  EXPECT_EQ(parse_options("agent.log=trace").log_level, log::Level::kDebug);
  EXPECT_EQ(parse_options("agent.log=warn").log_level, log::Level::kWarning);
  EXPECT_EQ(parse_options("agent.log=critical").log_level, log::Level::kError);
  EXPECT_EQ(parse_options("agent.devmode").log_level, log::Level::kDebug);
}

TEST(Options, NonsenseKeepsTheDefault) {
  auto options = parse_options(
      "agent.log=loud agent.log_vport=x agent.debug_console=false agent.hotplug_timeout=0 agent. agent agent.unknown=1 "
      "agent.debug_console_vport=99999999999");
  EXPECT_EQ(options.log_level, log::Level::kInfo);
  EXPECT_EQ(options.log_port, 1025U);
  EXPECT_FALSE(options.debug_console);
  EXPECT_EQ(options.debug_console_port, 1026U);
  EXPECT_EQ(options.hotplug_timeout, std::chrono::seconds(3));
}

TEST(Options, EmptyAndBlankLines) {
  EXPECT_EQ(parse_options("").log_port, 1025U);
  EXPECT_EQ(parse_options(" \n").log_port, 1025U);
}

}  // namespace
}  // namespace kata::agent
