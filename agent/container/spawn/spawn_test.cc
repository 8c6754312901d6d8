// The way of a process from launch to exec, with bodies that need no privilege.
#include "agent/container/spawn/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {
namespace {

class SpawnTest : public testing::Test {
 protected:
  // A request whose body is `body`, and which keeps the child's ends of `pipes_`.
  SpawnRequest request(std::function<Error(StatusChannel&)> body) {
    SpawnRequest what;
    what.name = "test";
    what.launch = {&namespaces_, -1, pipes_.child.all(), std::move(body)};
    return what;
  }
  Result<SpawnedProcess> spawn(const SpawnRequest& what) { return spawn_process(*reaper_, what, pipes_); }

  static Error exec_true() {
    ::execl("/bin/true", "true", nullptr);
    return Error::sys(errno, "exec");
  }
  static Error fail(const char* why) { return Error::make(Code::kPermissionDenied, why); }

  std::unique_ptr<Reaper> reaper_ = Reaper::create().value();
  PipeSet pipes_ = make_pipes().value();
  NamespacePlan namespaces_;
};

TEST_F(SpawnTest, AReadyProcessWaitsUntilItMayExec) {
  auto child = spawn(request([](StatusChannel& status) {
                 if (!status.send(StatusKind::kReady) || !status.wait_for_go()) return fail("no agent");
                 return exec_true();
               })).value();
  ASSERT_TRUE(child.status.go().ok());
  EXPECT_TRUE(wait_for_exec("test", child.status).ok());
  EXPECT_EQ(reaper_->wait(child.pid)->code, 0);
}

TEST_F(SpawnTest, UntilExecNobodyHasToSayGo) {
  auto what = request([](StatusChannel& status) {
    status.warn("only the log hears of it");
    if (!status.send(StatusKind::kReady)) return fail("no agent");
    return exec_true();
  });
  what.until = SpawnUntil::kExec;
  auto child = spawn(what).value();
  EXPECT_EQ(reaper_->wait(child.pid)->code, 0);
}

TEST_F(SpawnTest, TheAgentsStepsComeAtTheirTime) {
  std::vector<std::string> steps;
  auto what = request([](StatusChannel& status) {
    if (!status.send(StatusKind::kMounted) || !status.wait_for_go()) return fail("no agent");
    if (!status.send(StatusKind::kReady) || !status.wait_for_go()) return fail("no agent");
    return exec_true();
  });
  what.before_setup = [&](pid_t pid) -> Result<> {
    steps.push_back(sys::exists(concat("/proc/", pid)) ? "before setup" : "too late");
    return {};
  };
  what.on_mounted = [&](pid_t) -> Result<> {
    steps.emplace_back("mounted");
    return {};
  };
  auto child = spawn(what).value();
  EXPECT_EQ(steps, (std::vector<std::string>{"before setup", "mounted"}));
  ASSERT_TRUE(child.status.go().ok());
  EXPECT_EQ(reaper_->wait(child.pid)->code, 0);
}

TEST_F(SpawnTest, AnErrorOfTheChildIsTheCallersAndNoProcessIsLeft) {
  pid_t pid = -1;
  auto what = request([](StatusChannel&) { return fail("not today"); });
  what.before_setup = [&](pid_t child) -> Result<> {
    pid = child;
    return {};
  };
  auto child = spawn(what);
  ASSERT_FALSE(child.ok());
  EXPECT_TRUE(child.error().is(Code::kPermissionDenied));
  EXPECT_EQ(child.error().message(), "not today");
  EXPECT_TRUE(reaper_->wait(pid).error().is(Code::kNotFound));  // waited for already
}

TEST_F(SpawnTest, AnErrorOfTheAgentKillsTheChild) {
  pid_t pid = -1;
  auto what = request([](StatusChannel&) {
    ::pause();
    return fail("never");
  });
  what.before_setup = [&](pid_t child) -> Result<> {
    pid = child;
    return Error::make(Code::kInternal, "no id map");
  };
  EXPECT_EQ(spawn(what).error().message(), "no id map");
  EXPECT_TRUE(reaper_->wait(pid).error().is(Code::kNotFound));
}

TEST_F(SpawnTest, AChildThatDiesWithoutAWordIsAnErrorThatSaysHow) {
  for (auto until : {SpawnUntil::kReady, SpawnUntil::kExec}) {
    pipes_ = make_pipes().value();
    auto what = request([](StatusChannel&) -> Error { ::_exit(3); });
    what.until = until;
    EXPECT_EQ(spawn(what).error().message(), "the process exited with 3 while it was being set up");
    pipes_ = make_pipes().value();
    what = request([](StatusChannel&) -> Error {
      ::raise(SIGKILL);
      return fail("alive");
    });
    what.until = until;
    what.explain_death = [] { return std::string("it was too big"); };
    EXPECT_EQ(spawn(what).error().message(),
              "the process was killed by SIGKILL while it was being set up: it was too big");
  }
}

TEST_F(SpawnTest, AnExecThatFailsIsAnErrorAlsoAfterTheChildWasReady) {
  auto what = request([](StatusChannel& status) {
    ignore(status.send(StatusKind::kReady));
    return fail("no exec");
  });
  what.until = SpawnUntil::kExec;
  EXPECT_EQ(spawn(what).error().message(), "no exec");
}

TEST_F(SpawnTest, NothingOfTheAgentsIsOpenInTheChild) {
  auto secret = sys::pipe().value();
  auto child = spawn(request([&](StatusChannel&) {
    bool open = ::fcntl(secret.write.get(), F_GETFD) >= 0;
    return fail(open ? "open" : "closed");
  }));
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message(), "closed");
}

TEST_F(SpawnTest, TheStreamsAreConnected) {
  auto in_child = pipes_.child.out.get();
  auto what = request([in_child](StatusChannel& status) {
    ::dup2(in_child, 1);
    ignore(status.send(StatusKind::kReady));
    ::execl("/bin/echo", "echo", "hello", nullptr);
    return Error::sys(errno, "exec");
  });
  what.until = SpawnUntil::kExec;
  auto child = spawn(what).value();
  EXPECT_EQ(sys::read_to_end(child.streams.out.get(), 100).value(), "hello\n");
  EXPECT_EQ(reaper_->wait(child.pid)->code, 0);
}

}  // namespace
}  // namespace kata::agent
