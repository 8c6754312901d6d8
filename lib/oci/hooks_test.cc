#include "lib/oci/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"
#include "lib/test/temp_dir.h"

namespace kata::oci {
namespace {

using testing::HasSubstr;

class HooksTest : public testing::Test {
 protected:
  void add(const std::string& script, int64_t timeout = 0) {
    auto* hook = hooks_.Add();
    hook->set_path("/bin/sh");
    for (const auto& word : {std::string("any-name"), std::string("-c"), script}) hook->add_args(word);
    hook->add_env("OUT=" + base_ + "/out");
    hook->add_env("PATH=/usr/bin:/bin");
    hook->set_timeout(timeout);
  }
  std::string out() const { return sys::read_file(base_ + "/out").value_or(""); }

  TempDir temporary_;
  std::string base_ = temporary_.path();
  Hooks hooks_;
  HookState state_{"1.0.2", "c1", "creating", 42, "/bundle", {{"key", "a \"quoted\" value"}}};
};

TEST_F(HooksTest, ReadTheStateAndRunInOrder) {
  add("cat >$OUT");
  add("echo; echo second >>$OUT");
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_).ok());
  EXPECT_EQ(out(), R"({"ociVersion":"1.0.2","id":"c1","status":"creating","pid":42,"bundle":"/bundle",)"
                   R"("annotations":{"key":"a \"quoted\" value"}})"
                   "second\n");
}

TEST_F(HooksTest, AreStartedWithTheNameThatTheyAreGiven) {
  add("echo $0 >$OUT");
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_).ok());
  EXPECT_EQ(out(), "any-name\n");
}

TEST_F(HooksTest, WithoutAnyArgumentTheNameIsThePath) {
  auto script = base_ + "/hook";
  ASSERT_TRUE(sys::write_file(script, concat("#!/bin/sh\necho $0 $# >", base_, "/out\n"), 0755).ok());
  hooks_.Add()->set_path(script);
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_).ok());
  EXPECT_EQ(out(), script + " 0\n");
}

TEST_F(HooksTest, RunInTheDirectoryThatTheirRunnerSays) {
  add("pwd >$OUT");
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_, {.directory = base_}).ok());
  EXPECT_EQ(out(), base_ + "\n");
}

TEST_F(HooksTest, OneWithoutAnEnvironmentGetsTheRunners) {
  ::setenv("OF_THE_CALLER", "yes", 1);
  auto script = concat("echo ${OF_THE_CALLER:-no} ${X:-no} >", base_, "/out");
  add(script);
  hooks_.at(0).clear_env();  // an empty one of its own
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_).ok());
  EXPECT_EQ(out(), "no no\n");
  hooks_.at(0).set_inherits_env(true);
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_).ok());
  EXPECT_EQ(out(), "yes no\n");
  ASSERT_TRUE(run_hooks("prestart", hooks_, state_, {.env = {{"X=y"}}}).ok());
  EXPECT_EQ(out(), "no y\n");
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

TEST_F(HooksTest, OneThatIsCancelledIsKilled) {
  add("echo >$OUT; exec sleep 1000");
  auto event = std::move(sys::event_fd()).value();
  auto canceller = std::move(sys::Thread::start("cancel", [&] {
                     while (out().empty()) ::usleep(1000);
                     EXPECT_TRUE(sys::signal_event(event.get()).ok());
                   })).value();
  EXPECT_EQ(run_hooks("prestart", hooks_, state_, {.cancel = event.get()}).error().code(), Code::kCancelled);
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

TEST(HookState, AnyTextStaysJson) {
  HookState state{"", "c1", "stopped", 0, "/b\xff", {{"k", "\x7f\n"}}};
  EXPECT_EQ(to_json(state),
            "{\"ociVersion\":\"1.0.2-dev\",\"id\":\"c1\",\"status\":\"stopped\",\"bundle\":\"/b\xef\xbf\xbd\","
            "\"annotations\":{\"k\":\"\\u007f\\n\"}}");
}

}  // namespace
}  // namespace kata::oci
