#include "runtime/machine/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "lib/sys/fd.h"
#include "lib/sys/process.h"

namespace kata {
namespace {

using testing::HasSubstr;

// A VMM whose every fault the test chooses: a real child process that it can kill, an agent that never answers.
class StubVm : public hypervisor::Vm {
 public:
  ~StubVm() override { ignore(stop()); }
  Result<> start() override {
    if (refuse_start) return Error::make(Code::kInvalidArgument, "QEMU exited with 1: bad option");
    child_ = TRY(sys::spawn({.argv = {"sleep", "1000"}, .die_with_parent = true}));
    return {};
  }
  Result<UniqueFd> dial(uint32_t /*port*/) override {
    if (give_stream) {
      auto pair = TRY(sys::socket_pair(SOCK_STREAM));
      far_end = std::move(pair.first);
      return std::move(pair.second);
    }
    ignore(sys::wait_for(child_.pidfd.get(), POLLIN, std::chrono::milliseconds(-1)));
    return cause_of_death();
  }
  pid_t pid() const override { return child_.pid; }
  int exit_event() const override { return child_.pidfd.get(); }
  Error cause_of_death() override { return Error::make(Code::kUnavailable, "the stub died"); }
  Result<> stop() override {
    if (child_.pid < 0 || reaped_.exchange(true)) return {};
    ignore(sys::pidfd_signal(child_.pidfd.get(), SIGKILL));
    return sys::wait_child(child_.pid).ok() ? Result<>{} : Error::make(Code::kInternal, "wait");
  }
  Result<> pause() override { return {}; }
  Result<> resume() override { return {}; }
  std::vector<std::string> console_tail() const override { return {"[ 1.0] last words"}; }
  hypervisor::Capabilities capabilities() const override { return {}; }

  bool refuse_start = false;
  bool give_stream = false;
  UniqueFd far_end;

 private:
  sys::Child child_;
  std::atomic<bool> reaped_ = false;
};

class MachineTest : public testing::Test {
 protected:
  Machine& make(std::chrono::seconds dial_timeout = std::chrono::seconds(100)) {
    auto vm = std::make_unique<StubVm>();
    vm_ = vm.get();
    Machine::Settings settings{.dial_timeout = dial_timeout};
    settings.died = [this](const Error& cause) {
      died_ = cause.message();
      ++deaths_;
    };
    machine_ = std::move(Machine::create(std::move(vm), std::move(settings))).value();
    return *machine_;
  }

  StubVm* vm_ = nullptr;
  std::string died_;
  std::atomic<int> deaths_ = 0;
  std::unique_ptr<Machine> machine_;
};

TEST_F(MachineTest, AVmmThatRefusesIsQuoted) {
  auto& machine = make();
  vm_->refuse_start = true;
  auto started = machine.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message(), HasSubstr("bad option"));
  machine.stop();
}

TEST_F(MachineTest, DeathWhileConnectingIsTheCause) {
  auto& machine = make();
  ASSERT_TRUE(machine.start().ok());
  ASSERT_TRUE(sys::kill(machine.pid(), SIGKILL).ok());
  auto connected = machine.connect();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(connected.error().message(), HasSubstr("the stub died"));
  machine_.reset();
  EXPECT_EQ(deaths_, 1);
}

TEST_F(MachineTest, AnAgentThatNeverAnswersIsReportedWithTheConsole) {
  auto& machine = make(std::chrono::seconds(1));
  ASSERT_TRUE(machine.start().ok());
  auto connected = machine.connect();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(connected.error().message(), HasSubstr("did not answer within 1 s"));
  EXPECT_THAT(connected.error().message(), HasSubstr("last words"));
}

TEST_F(MachineTest, AConnectionThatIsCutEndsTheMachine) {
  auto& machine = make();
  vm_->give_stream = true;
  ASSERT_TRUE(machine.start().ok());
  std::thread cutter([&] {
    while (!vm_->far_end) std::this_thread::yield();
    ::shutdown(vm_->far_end.get(), SHUT_RDWR);
  });
  auto connected = machine.connect();
  cutter.join();
  ASSERT_FALSE(connected.ok());
  EXPECT_THAT(machine.cause(std::chrono::seconds(30)).value().message(), HasSubstr("connection to the agent was lost"));
}

TEST_F(MachineTest, StoppingIsNoDeath) {
  auto& machine = make();
  ASSERT_TRUE(machine.start().ok());
  machine.stop();
  machine.stop();
  EXPECT_FALSE(machine.cause(std::chrono::seconds(0)).has_value());
  machine_.reset();
  EXPECT_EQ(deaths_, 0);
}

TEST_F(MachineTest, GivingUpIsADeathWithThatCause) {
  auto& machine = make();
  ASSERT_TRUE(machine.start().ok());
  machine.give_up(Error::make(Code::kDeadlineExceeded, "the container cannot be killed").killed_by(SIGKILL));
  auto cause = machine.cause(std::chrono::seconds(30)).value();
  EXPECT_THAT(cause.message(), HasSubstr("cannot be killed"));
  EXPECT_THAT(cause.message(), HasSubstr("last words"));
  EXPECT_EQ(cause.signal(), SIGKILL) << "what the console says does not hide it";
  machine_.reset();
  EXPECT_EQ(deaths_, 1);
  EXPECT_THAT(died_, HasSubstr("cannot be killed"));
}

TEST_F(MachineTest, SeesTheEndOfAProcessOnTheHost) {
  auto& machine = make();
  ASSERT_TRUE(machine.start().ok());
  auto child = std::move(sys::spawn({.argv = {"sleep", "1000"}})).value();
  std::atomic<bool> seen = false;
  machine.watch_process(std::move(sys::pidfd_open(child.pid)).value(), [&] {
    seen = true;
    seen.notify_all();
  });
  ASSERT_TRUE(sys::kill(child.pid, SIGKILL).ok());
  seen.wait(false);
  ASSERT_TRUE(sys::wait_child(child.pid).ok());
}

}  // namespace
}  // namespace kata
