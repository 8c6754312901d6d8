#include "runtime/machine/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <future>

#include "hypervisor/fake/driver.h"
#include "lib/base/mutex.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata {
namespace {

using hypervisor::Step;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// What one thread waits for and another one does. The wait of a test that fails ends, too.
class Gate {
 public:
  void open() {
    MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool wait(milliseconds patience = seconds(60)) {
    MutexLock lock(mutex_);
    return changed_.wait_for(mutex_, patience, [this]() REQUIRES(mutex_) { return open_; });
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool open_ GUARDED_BY(mutex_) = false;
};

class MachineTest : public testing::Test {
 protected:
  Machine& make(seconds dial_timeout = seconds(100)) {
    driver_.set_console({"[ 1.0] last words"});
    Machine::Settings settings{.dial_timeout = dial_timeout};
    settings.died = [this](const Error& cause) {
      died_ = cause.message();
      if (when_dying_) when_dying_();
      ++deaths_;
    };
    machine_ = std::move(Machine::create(driver_.create({}).value(), std::move(settings))).value();
    return *machine_;
  }
  Machine& running() {
    auto& machine = make();
    EXPECT_TRUE(machine.start().ok());
    return machine;
  }
  void kill_vmm() const { ASSERT_TRUE(sys::kill(machine_->pid(), SIGKILL).ok()); }
  // An agent that takes connections and never answers.
  void serve() {
    driver_.serve([this](uint32_t /*port*/, UniqueFd stream) {
      far_end_ = std::move(stream);
      dialled_.open();
    });
  }

  hypervisor::FakeDriver driver_;
  UniqueFd far_end_;
  Gate dialled_;
  std::string died_;
  std::function<void()> when_dying_;
  std::atomic<int> deaths_ = 0;
  std::unique_ptr<Machine> machine_;
};

TEST_F(MachineTest, AVmmThatRefusesIsQuoted) {
  auto& machine = make();
  driver_.steps().fail(Step::kStart, Error::make(Code::kInvalidArgument, "QEMU exited with 1: bad option"));
  auto started = machine.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message(), HasSubstr("bad option"));
  machine.stop();
}

TEST_F(MachineTest, DeathWhileConnectingIsTheCause) {
  auto& machine = running();
  kill_vmm();
  auto connected = machine.connect();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(connected.error().message(), HasSubstr("the fake VMM was killed"));
  machine_.reset();
  EXPECT_EQ(deaths_, 1);
}

TEST_F(MachineTest, AnAgentThatNeverAnswersIsReportedWithTheConsole) {
  auto& machine = make(seconds(1));
  ASSERT_TRUE(machine.start().ok());
  auto connected = machine.connect();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(connected.error().message(), HasSubstr("did not answer within 1 s"));
  EXPECT_THAT(connected.error().message(), HasSubstr("last words"));
}

TEST_F(MachineTest, AConnectionThatIsCutEndsTheMachine) {
  serve();
  auto& machine = running();
  auto cutter = std::async(std::launch::async, [&] {
    EXPECT_TRUE(dialled_.wait());
    ::shutdown(far_end_.get(), SHUT_RDWR);
  });
  auto connected = machine.connect();
  cutter.get();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(machine.cause(seconds(30)).value().message(), HasSubstr("connection to the agent was lost"));
}

TEST_F(MachineTest, StoppingIsNoDeath) {
  auto& machine = running();
  machine.stop();
  machine.stop();
  EXPECT_FALSE(machine.cause(seconds(0)).has_value());
  machine_.reset();
  EXPECT_EQ(deaths_, 0);
}

TEST_F(MachineTest, GivingUpIsADeathWithThatCause) {
  auto& machine = running();
  machine.give_up(Error::make(Code::kDeadlineExceeded, "the container cannot be killed").killed_by(SIGKILL));
  auto cause = machine.cause(seconds(30)).value();
  EXPECT_THAT(cause.message(), HasSubstr("cannot be killed"));
  EXPECT_THAT(cause.message(), HasSubstr("last words"));
  EXPECT_EQ(cause.signal(), SIGKILL) << "what the console says does not hide it";
  machine_.reset();
  EXPECT_EQ(deaths_, 1);
  EXPECT_THAT(died_, HasSubstr("cannot be killed"));
}

TEST_F(MachineTest, GivingUpEndsTheWaitForTheAgent) {
  driver_.steps().hold(Step::kDial);
  auto& machine = running();
  auto quitter = std::async(std::launch::async, [&] {
    EXPECT_TRUE(driver_.steps().wait_for(Step::kDial));
    machine.give_up(Error::make(Code::kUnavailable, "virtio-fs' daemon ended"));
  });
  auto connected = machine.connect();
  quitter.get();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(connected.error().message(), HasSubstr("virtio-fs' daemon ended"));
  machine.stop();
  EXPECT_EQ(deaths_, 1);
}

// What `died` uses may be gone as soon as stop() has returned.
TEST_F(MachineTest, StopReturnsAfterTheDeathIsTold) {
  Gate dying;
  Gate go_on;
  when_dying_ = [&] {
    dying.open();
    EXPECT_TRUE(go_on.wait());
  };
  auto& machine = running();
  kill_vmm();
  ASSERT_TRUE(dying.wait());
  auto stopping = std::async(std::launch::async, [&] { machine.stop(); });
  EXPECT_EQ(stopping.wait_for(milliseconds(50)), std::future_status::timeout) << "died is still at work";
  EXPECT_TRUE(machine.cause(seconds(0)).has_value()) << "but why is known";
  go_on.open();
  stopping.get();
  EXPECT_EQ(deaths_, 1);
}

TEST_F(MachineTest, TheDestructorWaitsForTheDeathToBeTold) {
  Gate dying;
  when_dying_ = [&] {
    dying.open();
    std::this_thread::sleep_for(milliseconds(20));
  };
  running();
  kill_vmm();
  ASSERT_TRUE(dying.wait());
  machine_.reset();
  EXPECT_EQ(deaths_, 1);
}

TEST_F(MachineTest, WhoHearsOfTheDeathMayStopIt) {
  auto& machine = running();
  when_dying_ = [&] {
    machine.request_stop();
    machine.stop();
    EXPECT_TRUE(machine.cause(seconds(60)).has_value());
  };
  kill_vmm();
  EXPECT_TRUE(machine.cause(seconds(60)).has_value());
  machine_.reset();
  EXPECT_EQ(deaths_, 1);
}

TEST_F(MachineTest, TheAgentIsLostOnceItIsStopped) {
  serve();
  auto& machine = running();
  auto connecting = std::async(std::launch::async, [&] { return machine.connect(); });
  ASSERT_TRUE(dialled_.wait());
  machine.stop();
  EXPECT_FALSE(connecting.get().ok());
  EXPECT_TRUE(machine.agent().lost());
  EXPECT_EQ(deaths_, 0);
}

TEST_F(MachineTest, IsStoppedWhileItStarts) {
  auto& machine = make();
  driver_.steps().hold(Step::kStart);
  auto starting = std::async(std::launch::async, [&] { return machine.start(); });
  ASSERT_TRUE(driver_.steps().wait_for(Step::kStart));
  machine.stop();
  auto started = starting.get();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code(), Code::kCancelled);
  EXPECT_EQ(driver_.running(), 0);
}

TEST_F(MachineTest, DoesNotStartAfterItsEnd) {
  auto& machine = make();
  machine.stop();
  EXPECT_EQ(machine.start().error().code(), Code::kCancelled);
}

TEST_F(MachineTest, ItsVmmEndsWithIt) {
  auto& machine = running();
  auto vmm = sys::pidfd_open(machine.pid()).value();
  machine_.reset();
  EXPECT_TRUE(sys::wait_for(vmm.get(), POLLIN, milliseconds(0)).value());
}

TEST_F(MachineTest, SeesTheEndOfAProcessOnTheHost) {
  auto& machine = running();
  auto child = std::move(sys::spawn({.argv = {"sleep", "1000"}})).value();
  Gate seen;
  machine.watch_process(std::move(sys::pidfd_open(child.pid)).value(), [&] { seen.open(); });
  ASSERT_TRUE(sys::kill(child.pid, SIGKILL).ok());
  EXPECT_TRUE(seen.wait());
  ASSERT_TRUE(sys::wait_child(child.pid).ok());
}

TEST_F(MachineTest, NobodyIsToldOfAProcessAfterTheMachinesEnd) {
  auto& machine = running();
  auto child = std::move(sys::spawn({.argv = {"sleep", "1000"}})).value();
  bool told = false;
  machine.watch_process(std::move(sys::pidfd_open(child.pid)).value(), [&] { told = true; });
  machine.stop();
  ASSERT_TRUE(sys::kill(child.pid, SIGKILL).ok());
  ASSERT_TRUE(sys::wait_child(child.pid).ok());
  machine_.reset();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace kata
