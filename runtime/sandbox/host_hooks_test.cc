// The hooks that the host runs in a container's life.
#include "runtime/sandbox/host_hooks.h"

#include <gmock/gmock.h>

#include "runtime/sandbox/sandbox_for_test.h"

namespace kata {
namespace {

using testing::HasSubstr;

class HostHooksTest : public SandboxTest {
 protected:
  // One hook for each moment that appends its name, its directory and its status to a file.
  void write_hooks(const std::string& failing = "") {
    std::string hooks;
    for (std::string kind : {"prestart", "createRuntime", "createContainer", "poststart", "poststop"}) {
      auto script = concat("echo $0 $(basename $PWD) $(sed 's/.*status.:.//; s/\\\".*//') >>", base_, "/log",
                           kind == failing ? "; exit 3" : "");
      hooks += concat(hooks.empty() ? "" : ",", "\"", kind, "\":[{\"path\":\"/bin/sh\",\"args\":[\"", kind,
                      "\",\"-c\",\"", script, "\"]}]");
    }
    auto path = base_ + "/c1/config.json";
    auto config = sys::read_file(path).value_or("");
    config.pop_back();
    ASSERT_TRUE(sys::write_file(path, concat(config, ",\"hooks\":{", hooks, "}}")).ok());
  }
  std::string log() const { return sys::read_file(base_ + "/log").value_or(""); }
};

TEST_F(HostHooksTest, RunInOrderInTheBundlesDirectory) {
  write_hooks();
  run("c1");
  EXPECT_EQ(log(),
            "prestart c1 creating\ncreateRuntime c1 creating\ncreateContainer c1 creating\npoststart c1 running\n");
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  ASSERT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_THAT(log(), testing::EndsWith("poststart c1 running\npoststop c1 stopped\n"));
}

TEST_F(HostHooksTest, AFailureOfTheCreationStillRunsTheLastOnes) {
  write_hooks("createRuntime");
  EXPECT_THAT(create("c1").error().message(), HasSubstr("createRuntime hook /bin/sh: it exited with 3"));
  EXPECT_EQ(log(), "prestart c1 creating\ncreateRuntime c1 creating\npoststop c1 stopped\n");
  EXPECT_EQ(leftovers(), "");
}

TEST_F(HostHooksTest, ACreationThatFailsBeforeTheFirstRunsNone) {
  write_hooks();
  guest_.fail("CreateSandbox", Error::make(Code::kInternal, "no room"));
  EXPECT_FALSE(create("c1").ok());
  EXPECT_EQ(log(), "");
}

TEST_F(HostHooksTest, AfterAFailureOfPoststartTheContainerIsStopped) {
  write_hooks("poststart");
  ASSERT_TRUE(create("c1").ok());
  EXPECT_THAT(sandbox_->start("c1", "").error().message(), HasSubstr("poststart hook /bin/sh: it exited with 3"));
  EXPECT_EQ(status("c1"), "stopped");
  EXPECT_EQ(sandbox_->wait("c1", "")->status, 137);
}

TEST_F(HostHooksTest, AFailureOfPoststopIsAWarning) {
  write_hooks("poststop");
  run("c1");
  guest_.end("c1", "c1", 0);
  ASSERT_TRUE(sandbox_->wait("c1", "").ok());
  EXPECT_TRUE(sandbox_->remove("c1", "").ok());
  EXPECT_THAT(log(), HasSubstr("poststop c1 stopped"));
}

}  // namespace
}  // namespace kata
