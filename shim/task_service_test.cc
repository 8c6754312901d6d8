#include "shim/task_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "lib/test/temp_dir.h"

namespace kata::shim {
namespace {

using testing::HasSubstr;

// The service on a sandbox without a machine: what it says when nothing is there, and of bad requests.
class TaskServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    SandboxOptions options{.id = "s1", .run_directory = base_ + "/run", .shared_base = base_ + "/shared"};
    sandbox_ = std::make_unique<Sandbox>(std::move(options));
    service_ = std::make_unique<TaskService>(*sandbox_, [this] { ++shut_downs_; });
  }
  void TearDown() override { sandbox_.reset(); }
  Result<api::CreateTaskResponse> create(const std::string& id, const std::string& bundle) {
    api::CreateTaskRequest request;
    request.set_id(id);
    request.set_bundle(bundle);
    return service_->create({}, request);
  }
  template <typename Request>
  static Request of(const std::string& id) {
    Request request;
    request.set_id(id);
    return request;
  }

  TempDir temporary_;
  std::string base_ = temporary_.path();
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<TaskService> service_;
  int shut_downs_ = 0;
};

TEST_F(TaskServiceTest, AnUnknownContainerIsNotFoundEverywhere) {
  EXPECT_EQ(service_->state({}, of<api::StateRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->start({}, of<api::StartRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->delete_({}, of<api::DeleteRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->kill({}, of<api::KillRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->wait({}, of<api::WaitRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->pids({}, of<api::PidsRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->pause({}, of<api::PauseRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->stats({}, of<api::StatsRequest>("x")).error().code(), Code::kNotFound);
  EXPECT_EQ(service_->resize_pty({}, of<api::ResizePtyRequest>("x")).error().code(), Code::kNotFound);
}

TEST_F(TaskServiceTest, ABundleThatIsNotThereIsNamedAndLeavesNothing) {
  auto created = create("c1", base_ + "/nothing");
  ASSERT_FALSE(created.ok());
  EXPECT_THAT(created.error().message(), HasSubstr(base_ + "/nothing"));
  EXPECT_FALSE(sys::exists(base_ + "/run"));
  EXPECT_TRUE(sandbox_->empty());
}

TEST_F(TaskServiceTest, AnIdThatCannotBeAPathIsRefused) {
  for (const char* id : {"", "a/b", "..", ".", "a b", "a\n"}) {
    auto created = create(id, base_);
    ASSERT_FALSE(created.ok()) << id;
    EXPECT_EQ(created.error().code(), Code::kInvalidArgument) << id;
  }
}

TEST_F(TaskServiceTest, AMachineThatCannotStartLeavesNothing) {
  ASSERT_TRUE(sys::make_directories(base_ + "/b/rootfs").ok());
  ASSERT_TRUE(sys::write_file(base_ + "/b/config.json",
                              R"({"ociVersion":"1.0.2","root":{"path":"rootfs"},"process":{"args":["x"],"cwd":"/"}})")
                  .ok());
  ASSERT_TRUE(sys::write_file(base_ + "/kata.toml", "[hypervisor.qemu]\nkernel = \"/no/such/kernel\"\n").ok());
  ::setenv("KATA_CONF_FILE", (base_ + "/kata.toml").c_str(), 1);
  auto created = create("c1", base_ + "/b");
  ::unsetenv("KATA_CONF_FILE");
  ASSERT_FALSE(created.ok());
  EXPECT_THAT(created.error().message(), HasSubstr("/no/such/kernel"));
  EXPECT_FALSE(sys::exists(base_ + "/run/s1"));
  EXPECT_TRUE(sandbox_->empty());
}

TEST_F(TaskServiceTest, CheckpointsAreRefused) {
  EXPECT_EQ(service_->checkpoint({}, of<api::CheckpointTaskRequest>("c1")).error().code(), Code::kUnimplemented);
  auto request = of<api::CreateTaskRequest>("c1");
  request.set_checkpoint("/some/where");
  EXPECT_EQ(service_->create({}, request).error().code(), Code::kUnimplemented);
}

TEST_F(TaskServiceTest, ShutsDownWhenNothingIsLeft) {
  EXPECT_TRUE(service_->shutdown({}, of<api::ShutdownRequest>("c1")).ok());
  EXPECT_EQ(shut_downs_, 1);
}

TEST_F(TaskServiceTest, SaysWhichProcessItIs) {
  auto connected = service_->connect({}, of<api::ConnectRequest>("c1"));
  ASSERT_TRUE(connected.ok());
  EXPECT_EQ(connected->shim_pid(), static_cast<uint32_t>(::getpid()));
  EXPECT_EQ(connected->version(), "v2");
}

}  // namespace
}  // namespace kata::shim
