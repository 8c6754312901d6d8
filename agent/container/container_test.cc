// Real containers of busybox on the host that runs the tests. They need root and a cgroup2 mount,
// and are skipped without.
#include "agent/container/container.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <future>
#include <thread>

#include "agent/container/test_container.h"

namespace kata::agent {
namespace {

using ContainerLifeTest = ContainerTest;

TEST_F(ContainerLifeTest, RunsAProgramAndTellsItsStatus) {
  auto outcome = sh("echo out; echo err >&2; exit 7");
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
  EXPECT_EQ(outcome.code, 7);
}

TEST_F(ContainerLifeTest, ASignalIs128AndItsNumber) {
  EXPECT_EQ(sh("sh -c 'kill -9 $$'; exit $?").code, 137);
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("c1").value();
  ASSERT_TRUE(first->signal(SIGKILL).ok());
  auto status = first->wait();
  EXPECT_EQ(status.code, 137);
  EXPECT_EQ(status.signal, SIGKILL);
  EXPECT_EQ(first->signal(SIGTERM).error().code(), Code::kNotFound);
}

TEST_F(ContainerLifeTest, StartsOnlyWhenAsked) {
  auto settings = config({"sh", "-c", "echo x > /started"});
  auto container = create(settings);
  EXPECT_FALSE(sys::exists(root_->rootfs() + "/started"));
  ASSERT_TRUE(container->start().ok());
  container->find("").value()->wait();
  EXPECT_TRUE(sys::exists(root_->rootfs() + "/started"));
}

TEST_F(ContainerLifeTest, ACreatedContainerCanBeDestroyed) {
  auto container = create(config({"sleep", "1000"}));
  auto first = container->find("").value();
  EXPECT_TRUE(container->destroy().ok());
  EXPECT_TRUE(container->destroy().ok());
  EXPECT_TRUE(first->exited());
}

TEST_F(ContainerLifeTest, OperationsInTheWrongStateNameTheState) {
  auto container = create(config({"sleep", "1000"}));
  EXPECT_NE(container->pause().error().message().find("it is created"), std::string::npos);
  ASSERT_TRUE(container->start().ok());
  auto again = container->start();
  EXPECT_EQ(again.error().code(), Code::kFailedPrecondition);
  EXPECT_NE(again.error().message().find("it is running"), std::string::npos);
  ASSERT_TRUE(container->destroy().ok());
  EXPECT_NE(container->start().error().message().find("it is stopped"), std::string::npos);
  EXPECT_NE(container->exec("e", grpc::Process()).error().message().find("it is stopped"), std::string::npos);
}

TEST_F(ContainerLifeTest, AMissingProgramIsNotFoundAtCreation) {
  auto made = Container::create(config({"no-such-program"}), *reaper_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code(), Code::kNotFound);
  EXPECT_EQ(made.error().message(), "exec \"no-such-program\": executable file not found in $PATH");
  made = Container::create(config({"/bin/none"}), *reaper_);
  EXPECT_EQ(made.error().code(), Code::kNotFound);
  EXPECT_NE(made.error().message().find("\"/bin/none\""), std::string::npos);
  made = Container::create(config({"/etc/passwd"}), *reaper_);
  EXPECT_EQ(made.error().code(), Code::kPermissionDenied);
}

TEST_F(ContainerLifeTest, AFileOfNoKnownFormatFailsToStart) {
  ASSERT_TRUE(sys::write_file(root_->rootfs() + "/bin/garbage", "\x01\x02garbage", 0755).ok());
  auto container = create(config({"garbage"}));
  auto started = container->start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message(), "exec \"garbage\": exec format error");
  EXPECT_EQ(container->start().error().code(), Code::kFailedPrecondition);
}

TEST_F(ContainerLifeTest, TheEndOfTheFirstEndsAll) {
  auto container = create(config({"sh", "-c", "sleep 1000 & echo up; read line"}));
  ASSERT_TRUE(container->start().ok());
  auto added = container->exec("e1", process({"sleep", "1000"})).value();
  auto first = container->find("").value();
  EXPECT_EQ(first->read(Stream::kStdout, 100).value(), "up\n");  // its sleep is there
  EXPECT_GE(container->pids()->size(), 3U);
  first->close_stdin();
  first->wait();
  EXPECT_EQ(added->wait().signal, SIGKILL);
  EXPECT_TRUE(container->pids()->empty());
}

TEST_F(ContainerLifeTest, TheEndOfTheFirstEndsAllInASharedPidNamespace) {
  auto settings = config({"sh", "-c", "sleep 1000 & echo up; read line"});
  settings.shared.pid = "/proc/self/ns/pid";
  auto container = create(settings);
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  EXPECT_EQ(first->read(Stream::kStdout, 100).value(), "up\n");
  EXPECT_EQ(container->pids()->size(), 2U);
  first->close_stdin();
  first->wait();
  EXPECT_TRUE(container->destroy().ok());
}

TEST_F(ContainerLifeTest, PausesAndResumes) {
  auto container = create(config({"sh", "-c", "while read line; do echo $line; done"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  ASSERT_TRUE(container->pause().ok());
  ASSERT_TRUE(first->write_stdin("hello\n").ok());
  auto answer = std::async(std::launch::async, [&] { return first->read(Stream::kStdout, 100).value(); });
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  ASSERT_TRUE(container->resume().ok());
  EXPECT_EQ(answer.get(), "hello\n");
  ASSERT_TRUE(container->pause().ok());
  EXPECT_TRUE(container->destroy().ok());
}

TEST_F(ContainerLifeTest, SignalsEveryProcess) {
  auto container = create(config({"sh", "-c", "trap 'exit 3' USR1; sleep 1000 & echo up; wait"}));
  ASSERT_TRUE(container->start().ok());
  auto first = container->find("").value();
  EXPECT_EQ(first->read(Stream::kStdout, 100).value(), "up\n");
  ASSERT_TRUE(container->signal_all(SIGUSR1).ok());
  EXPECT_EQ(first->wait().code, 3);
}

TEST_F(ContainerLifeTest, BadSpecificationsLeaveNothing) {
  auto no_root = config({"true"});
  no_root.spec.mutable_root()->set_path("/nonexistent");
  EXPECT_EQ(Container::create(no_root, *reaper_).error().code(), Code::kNotFound);
  auto no_args = config({});
  EXPECT_EQ(Container::create(no_args, *reaper_).error().code(), Code::kInvalidArgument);
  auto bad_id = config({"true"});
  bad_id.id = "a/b";
  EXPECT_EQ(Container::create(bad_id, *reaper_).error().code(), Code::kInvalidArgument);
  auto bad_limit = config({"true"});
  bad_limit.spec.mutable_process()->add_rlimits()->set_type("RLIMIT_NONE");
  EXPECT_EQ(Container::create(bad_limit, *reaper_).error().code(), Code::kInvalidArgument);
}

TEST_F(ContainerLifeTest, ExecRunsInTheContainer) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  auto added = process({"sh", "-c", "echo $$ $FOO; pwd; id -u; cat /proc/1/comm"});
  added.add_env("FOO=bar");
  added.set_cwd("/tmp");
  added.mutable_user()->set_uid(1000);
  auto made = container->exec("e1", added);
  ASSERT_TRUE(made.ok()) << made.error().text();
  auto out = read_all(**made, Stream::kStdout);
  EXPECT_NE(out.find(" bar\n/tmp\n1000\nsleep\n"), std::string::npos) << out;
  EXPECT_EQ((*made)->wait().code, 0);
  EXPECT_EQ(container->exec("e1", added).error().code(), Code::kAlreadyExists);
  EXPECT_TRUE(container->find("e1").ok());
  container->forget("e1");
  EXPECT_EQ(container->find("e1").error().code(), Code::kNotFound);
}

TEST_F(ContainerLifeTest, ExecOfAMissingProgramIsNotFound) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  auto made = container->exec("e1", process({"nope"}));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code(), Code::kNotFound);
  EXPECT_EQ(made.error().message(), "exec \"nope\": executable file not found in $PATH");
  EXPECT_TRUE(container->exec("e1", process({"true"})).ok()) << "the id is free again";
}

TEST_F(ContainerLifeTest, ManyProcessesAtOnce) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  constexpr int kThreads = 4;
  constexpr int kEach = 5;
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        auto text = std::to_string(thread) + "-" + std::to_string(i);
        auto made = container->exec(text, process({"echo", text}));
        if (made && read_all(**made, Stream::kStdout) == text + "\n" && (*made)->wait().code == 0) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right.load(), kThreads * kEach);
}

TEST_F(ContainerLifeTest, AProcessCanBeAddedBeforeTheStart) {
  auto container = create(config({"sleep", "1000"}));
  auto added = container->exec("e", process({"echo", "early"})).value();
  EXPECT_EQ(read_all(*added, Stream::kStdout), "early\n");
  EXPECT_TRUE(container->start().ok());
}

TEST_F(ContainerLifeTest, AProcessThatIsAddedToAPausedOneWaitsForTheResume) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  ASSERT_TRUE(container->pause().ok());
  auto added = std::async(std::launch::async, [&] { return container->exec("e", process({"echo", "late"})); });
  // It is in the cgroup, frozen, as soon as it exists.
  while (container->pids().value().size() < 2) std::this_thread::yield();
  EXPECT_EQ(added.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  ASSERT_TRUE(container->resume().ok());
  auto second = added.get().value();
  EXPECT_EQ(read_all(*second, Stream::kStdout), "late\n");
}

TEST_F(ContainerLifeTest, DestroyingEndsAProcessThatIsBeingAdded) {
  auto container = create(config({"sleep", "1000"}));
  ASSERT_TRUE(container->start().ok());
  ASSERT_TRUE(container->pause().ok());
  auto added = std::async(std::launch::async, [&] { return container->exec("e", process({"sleep", "1000"})); });
  while (container->pids().value().size() < 2) std::this_thread::yield();
  ASSERT_TRUE(container->destroy().ok());
  EXPECT_FALSE(added.get().ok());
}

TEST_F(ContainerLifeTest, AddingAndDestroyingAtOnceLeavesNothing) {
  for (int round = 0; round < 10; ++round) {
    auto container = create(config({"sleep", "1000"}));
    ASSERT_TRUE(container->start().ok());
    auto added = std::async(std::launch::async, [&] { return container->exec("e", process({"sleep", "1000"})); });
    std::this_thread::sleep_for(std::chrono::milliseconds(round));
    ASSERT_TRUE(container->destroy().ok());
    auto process = added.get();
    EXPECT_TRUE(!process || (*process)->exited());
  }
}

// What the agent itself needs to start a process does not count.
TEST_F(ContainerLifeTest, AProcessFitsIntoTheLimitOfItsContainer) {
  auto settings = config({"sleep", "1000"});
  settings.spec.mutable_linux()->mutable_resources()->mutable_pids()->set_limit(1);
  auto container = create(settings);
  ASSERT_TRUE(container->start().ok());
  auto added = container->exec("e", process({"echo", "beyond"}));
  ASSERT_TRUE(added.ok()) << added.error().text();
  EXPECT_EQ(read_all(**added, Stream::kStdout), "beyond\n");
}

TEST_F(ContainerLifeTest, AnAddedProcessHasTheUsualUmask) {
  auto settings = config({"sleep", "1000"});
  settings.spec.mutable_process()->mutable_user()->set_umask(0077);
  auto container = create(settings);
  ASSERT_TRUE(container->start().ok());
  auto added = container->exec("e", process({"sh", "-c", "umask"})).value();
  EXPECT_EQ(read_all(*added, Stream::kStdout), "0022\n");
  auto asked = process({"sh", "-c", "umask"});
  asked.mutable_user()->set_umask(0027);
  auto other = container->exec("f", asked).value();
  EXPECT_EQ(read_all(*other, Stream::kStdout), "0027\n");
}

TEST_F(ContainerLifeTest, AFirstProcessThatIsKilledAtItsLimitSaysSo) {
  auto settings = config({"true"});
  settings.spec.mutable_linux()->mutable_resources()->mutable_memory()->set_limit(4096);
  auto made = Container::create(settings, *reaper_);
  if (made) GTEST_SKIP() << "no memory controller here";
  auto text = made.error().message();
  bool killed = text.find("was killed by SIGKILL") != std::string::npos;
  // Or a system call of its own had no room.
  EXPECT_TRUE(killed || text.find("Cannot allocate memory") != std::string::npos) << text;
  EXPECT_EQ(killed, text.find("memory limit is too low") != std::string::npos) << text;
}

}  // namespace
}  // namespace kata::agent
