// What the containers of a pod share, and what is asked of the guest, over a connection.
#include "agent/rpc/service_for_test.h"

namespace kata::agent {
namespace {

TEST_F(ServiceTest, APodsContainersMayShareTheFirstOnesProcesses) {
  create_sandbox();
  ASSERT_TRUE(create("sleep 100", "c1").ok());
  ASSERT_TRUE(create("sleep 100", "apart").ok());
  ASSERT_TRUE(create("sleep 100", "joins", true).ok());
  auto namespace_of = [&](const char* id) {
    auto pid = sandbox_->find(id).value()->find("").value()->pid();
    return sys::read_link(concat("/proc/", pid, "/ns/pid")).value();
  };
  EXPECT_EQ(namespace_of("joins"), namespace_of("c1"));
  EXPECT_NE(namespace_of("apart"), namespace_of("c1"));
}

TEST_F(ServiceTest, AContainerMayJoinTheProcessesOfAnother) {
  create_sandbox();
  ASSERT_TRUE(create("sleep 100", "c1").ok());
  ASSERT_TRUE(create("sleep 100", "target").ok());
  grpc::CreateContainerRequest request;
  request.set_container_id("debugger");
  request.set_pid_namespace_of("target");
  *request.mutable_oci() = root_->config({"/bin/sh", "-c", "sleep 100"}).spec;
  auto created = agent_->create_container(request);
  ASSERT_TRUE(created.ok()) << created.error().text();
  auto namespace_of = [&](const char* id) {
    auto pid = sandbox_->find(id).value()->find("").value()->pid();
    return sys::read_link(concat("/proc/", pid, "/ns/pid")).value();
  };
  EXPECT_EQ(namespace_of("debugger"), namespace_of("target"));
  EXPECT_NE(namespace_of("debugger"), namespace_of("c1"));
  request.set_container_id("lost");
  request.set_pid_namespace_of("nobody");
  EXPECT_TRUE(agent_->create_container(request).error().is(Code::kNotFound));
}

TEST_F(ServiceTest, APodsContainersShareItsUserNamespace) {
  create_sandbox();
  ASSERT_EQ(::chmod(root_->directory().c_str(), 0755), 0);
  auto add = [&](const std::string& id, uint32_t host_id) {
    auto spec = root_->config({"/bin/sh", "-c", "sleep 100"}).spec;
    auto& linux = *spec.mutable_linux();
    linux.add_namespaces()->set_type("user");
    for (auto* mappings : {linux.mutable_uidmappings(), linux.mutable_gidmappings()}) {
      auto& map = *mappings->Add();
      map.set_hostid(host_id);
      map.set_size(65536);
    }
    auto created = create(spec, id);
    ASSERT_TRUE(created.ok()) << created.error().text();
  };
  add("c1", 100000);
  add("c2", 100000);
  add("other", 300000);
  for (const char* type : {"user", "ipc", "uts"}) {
    auto namespace_of = [&](const char* id) {
      auto pid = sandbox_->find(id).value()->find("").value()->pid();
      return sys::read_link(concat("/proc/", pid, "/ns/", type)).value();
    };
    EXPECT_EQ(namespace_of("c2"), namespace_of("c1")) << type;
    EXPECT_NE(namespace_of("other"), namespace_of("c1")) << type;
  }
}

TEST_F(ServiceTest, SwapNamesWhatIsWrong) {
  EXPECT_TRUE(agent_->add_swap({}).error().is(Code::kInvalidArgument));
  grpc::AddSwapPathRequest request;
  request.set_path("relative");
  EXPECT_TRUE(agent_->add_swap_path(request).error().is(Code::kInvalidArgument));
  request.set_path(root_->directory() + "/none");
  auto missing = agent_->add_swap_path(request);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("/none"), std::string::npos);
}

TEST_F(ServiceTest, ATerminationLogIsReadWithItsEnd) {
  auto log = root_->directory() + "/termination-log";
  ASSERT_TRUE(sys::write_file(log, "").ok());
  grpc::CreateContainerRequest request;
  request.set_container_id("c1");
  request.set_exec_id("c1");
  auto config = root_->config({"/bin/sh", "-c", "seq 2000 >/dev/termination-log"});
  auto* mount = config.spec.add_mounts();
  mount->set_destination("/dev/termination-log");
  mount->set_source(log);
  mount->set_type("bind");
  mount->add_options("bind");
  *request.mutable_oci() = config.spec;
  ASSERT_TRUE(agent_->create_container(request).ok());
  grpc::StartContainerRequest start;
  start.set_container_id("c1");
  ASSERT_TRUE(agent_->start_container(start).ok());
  EXPECT_EQ(wait(), 0);
  grpc::GetDiagnosticDataRequest ask;
  ask.set_container_id("c1");
  ask.set_log_type("termination-log");
  auto answer = agent_->get_diagnostic_data(ask);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->data().size(), 4096U);
  EXPECT_TRUE(answer->data().ends_with("\n2000\n"));
  ask.set_log_type("other");
  EXPECT_TRUE(agent_->get_diagnostic_data(ask).error().is(Code::kInvalidArgument));
}

TEST_F(ServiceTest, TellsHowFullAVolumeIs) {
  grpc::VolumeStatsRequest request;
  request.set_volume_guest_path(root_->directory());
  auto stats = agent_->get_volume_stats(request);
  ASSERT_TRUE(stats.ok()) << stats.error().message();
  ASSERT_EQ(stats->usage_size(), 2);
  EXPECT_EQ(stats->usage(0).unit(), grpc::VolumeUsage::BYTES);
  EXPECT_LE(stats->usage(0).used() + stats->usage(0).available(), stats->usage(0).total());
  EXPECT_EQ(stats->usage(1).unit(), grpc::VolumeUsage::INODES);
  EXPECT_FALSE(stats->volume_condition().abnormal());
  request.set_volume_guest_path(root_->directory() + "/none");
  EXPECT_TRUE(agent_->get_volume_stats(request).error().is(Code::kNotFound));
}

}  // namespace
}  // namespace kata::agent
