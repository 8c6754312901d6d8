#include "agent/start/serve.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "agent/start/outside.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/proto/health.ttrpc.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"

namespace kata::agent {
namespace {

class ServeTest : public testing::Test {
 protected:
  std::string address() const { return "unix://" + directory_ + "/agent"; }

  TempDir temporary_;
  std::string directory_ = temporary_.path();
  LogHub logs_;
};

TEST_F(ServeTest, AnswersUntilTheSandboxIsDestroyed) {
  Result<> served;
  std::atomic<bool> started{false};
  std::thread agent([&] {
    served = serve(options_outside(), logs_, [&](Channels& channels, Sandbox&) {
      auto done = start_outside(channels, address().c_str());
      started = true;
      return done;
    });
  });
  while (!started) std::this_thread::yield();
  auto connection = ttrpc::Client::create(sys::unix_connect(directory_ + "/agent").value()).value();
  EXPECT_EQ(grpc::HealthClient(*connection).version({}).value().agent_version(), KATA_VERSION);
  // The answer to the call that ends the agent still arrives.
  EXPECT_TRUE(grpc::AgentClient(*connection).destroy_sandbox({}).ok());
  agent.join();
  EXPECT_TRUE(served.ok()) << served.error().text();
}

TEST_F(ServeTest, AChannelThatCannotBeOpenedIsTheError) {
  auto served = serve(options_outside(), logs_,
                      [](Channels&, Sandbox&) -> Result<> { return Error::make(Code::kUnavailable, "no channel"); });
  ASSERT_FALSE(served.ok());
  EXPECT_EQ(served.error().message(), "no channel");
}

TEST_F(ServeTest, OutsideOfAGuestTheAddressIsNeeded) {
  for (const char* wrong : {static_cast<const char*>(nullptr), "", "vsock://1"}) {
    auto served =
        serve(options_outside(), logs_, [&](Channels& channels, Sandbox&) { return start_outside(channels, wrong); });
    ASSERT_FALSE(served.ok());
    EXPECT_NE(served.error().hint_text().find("KATA_AGENT_SERVER_ADDR"), std::string::npos);
  }
}

TEST_F(ServeTest, OnlyTheFirstProcessOfAMachineSetsItUp) {
  EXPECT_TRUE(is_first_of_machine(1, directory_));  // no /proc yet
  ASSERT_TRUE(sys::make_directories(directory_ + "/self/ns").ok());
  auto link = directory_ + "/self/ns/pid";
  ASSERT_EQ(::symlink("pid:[4026531836]", link.c_str()), 0);
  EXPECT_TRUE(is_first_of_machine(1, directory_));
  EXPECT_FALSE(is_first_of_machine(2, directory_));
  ASSERT_TRUE(sys::remove_file(link).ok());
  ASSERT_EQ(::symlink("pid:[4026532198]", link.c_str()), 0);
  EXPECT_FALSE(is_first_of_machine(1, directory_));
}

TEST_F(ServeTest, TheSecondVersionOfCgroupsMayBeBesideTheFirst) {
  EXPECT_EQ(options_outside(directory_).cgroup_root, directory_ + "/unified");
  ASSERT_TRUE(sys::write_file(directory_ + "/cgroup.controllers", "cpu\n").ok());
  EXPECT_EQ(options_outside(directory_).cgroup_root, directory_);
}

}  // namespace
}  // namespace kata::agent
