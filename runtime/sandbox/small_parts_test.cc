// hooks, threads, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>

#include "lib/sys/file.h"
#include "runtime/sandbox/hooks.h"
#include "runtime/sandbox/json_text.h"
#include "runtime/sandbox/threads.h"

namespace kata {
namespace {

using testing::HasSubstr;

class HooksTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/kata-hooks-XXXXXX";
    base_ = ::mkdtemp(name);
  }
  void TearDown() override { EXPECT_TRUE(sys::remove_tree(base_).ok()); }
  void add(const std::string& script, int64_t timeout = 0) {
    auto* hook = hooks_.Add();
    hook->set_path("/bin/sh");
    for (const auto& word : {std::string("any-name"), std::string("-c"), script}) hook->add_args(word);
    hook->add_env("OUT=" + base_ + "/out");
    hook->add_env("PATH=/usr/bin:/bin");
    hook->set_timeout(timeout);
  }
  std::string out() const { return sys::read_file(base_ + "/out").value_or(""); }

  std::string base_;
  Hooks hooks_;
  HookState state_{"1.0.2", "c1", "creating", 42, "/bundle", {{"key", "a \"quoted\" value"}}};
};

TEST_F(HooksTest, ReadTheStateAndRunInOrder) {
  add("cat >$OUT");
  add("echo; echo second >>$OUT");
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_).ok());
  EXPECT_EQ(out(),
            "{\"ociVersion\": \"1.0.2\", \"id\": \"c1\", \"status\": \"creating\", \"pid\": 42, \"bundle\": "
            "\"/bundle\", \"annotations\": {\"key\": \"a \\\"quoted\\\" value\"}}second\n");
}

TEST_F(HooksTest, AFailureIsQuotedAndEndsIt) {
  add("echo it went wrong >&2; exit 3");
  add("echo never >$OUT");
  auto done = run_hooks("prestart", hooks_, state_);
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message(), HasSubstr("prestart hook /bin/sh"));
  EXPECT_THAT(done.error().message(), HasSubstr("exited with 3: it went wrong"));
  EXPECT_EQ(out(), "");
}

TEST_F(HooksTest, OneThatRunsOverItsTimeIsKilled) {
  add("exec sleep 1000", 1);
  auto done = run_hooks("prestart", hooks_, state_);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), Code::kDeadlineExceeded);
}

TEST_F(HooksTest, AMissingProgramIsNamed) {
  hooks_.Add()->set_path("/no/such/hook");
  auto done = run_hooks("createRuntime", hooks_, state_);
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message(), HasSubstr("/no/such/hook"));
}

TEST_F(HooksTest, SomeKindsOnlyWarn) {
  add("exit 1");
  add("echo after >$OUT");
  try_hooks("poststop", hooks_, state_);
  EXPECT_EQ(out(), "after\n");
}

TEST(ThreadsTest, JoinsAllEvenThoseStartedByOthers) {
  std::atomic<int> done = 0;
  {
    Threads threads;
    for (int i = 0; i < 20; ++i) {
      threads.try_run("outer", [&] { threads.try_run("inner", [&] { ++done; }); });
    }
  }
  EXPECT_EQ(done, 20);
}

TEST(JsonTextTest, EscapesWhatItMust) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01é"), "\"a\\\"b\\\\c\\u000a\\u0001é\"");
  EXPECT_EQ(JsonObject().str(), "{}");
  EXPECT_EQ(JsonObject().number("n", -5).text("t", "x").map("m", {{"k", "v"}}).str(),
            "{\"n\": -5, \"t\": \"x\", \"m\": {\"k\": \"v\"}}");
}

}  // namespace
}  // namespace kata
