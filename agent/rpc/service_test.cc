// What a container and its processes are asked, over a connection.
#include "agent/rpc/service_for_test.h"

namespace kata::agent {
namespace {

TEST_F(ServiceTest, IsHealthy) {
  grpc::HealthClient health(*connection_);
  EXPECT_EQ(health.check({})->status(), grpc::HealthCheckResponse::SERVING);
  EXPECT_EQ(health.version({})->agent_version(), KATA_VERSION);
}

TEST_F(ServiceTest, RunsAContainerInTheSandboxsNamespaces) {
  create_sandbox();
  run("hostname; echo problem >&2; exit 7");
  EXPECT_EQ(output(), "pod\n");
  EXPECT_EQ(output("c1", true), "problem\n");
  EXPECT_EQ(wait(), 7);
  EXPECT_EQ(wait(), 7) << "again";
}

TEST_F(ServiceTest, AStreamGetsAConnectionOfItsOwn) {
  create_sandbox();
  run("seq 1 100000; echo over >&2; exit 3");
  grpc::OpenStreamRequest request;
  request.set_container_id("c1");
  request.set_exec_id("c1");
  request.set_which(grpc::OpenStreamRequest::STDOUT);
  auto opened = agent_->open_stream(request);
  ASSERT_TRUE(opened.ok()) << opened.error().message();
  EXPECT_EQ(opened->port(), Options().stream_port);
  auto pair = sys::socket_pair(SOCK_STREAM).value();
  std::thread serving([&] { EXPECT_TRUE(calls_->byte_streams().serve(std::move(pair.second)).ok()); });
  uint64_t key = htobe64(opened->key());
  ASSERT_TRUE(sys::write_all(pair.first.get(), &key, sizeof key).ok());
  auto answer = sys::read_to_end(pair.first.get(), 1U << 20U).value();
  serving.join();
  EXPECT_EQ(answer.substr(answer.size() - 7), "100000\n");
  EXPECT_EQ(answer.substr(sizeof key, 4), "1\n2\n");
  EXPECT_EQ(output("c1", true), "over\n");
  EXPECT_EQ(wait(), 3);
}

TEST_F(ServiceTest, LoopbackIsCarriedUntilTheNextHostComes) {
  auto open = [&] {
    auto opened = agent_->open_loopback({});
    EXPECT_TRUE(opened.ok());
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    uint64_t key = htobe64(opened->key());
    EXPECT_TRUE(sys::write_all(pair.first.get(), &key, sizeof key).ok());
    return pair;
  };
  auto first = open();
  std::thread serving([&] { EXPECT_TRUE(calls_->byte_streams().serve(std::move(first.second)).ok()); });
  char key[sizeof(uint64_t)];
  ASSERT_TRUE(sys::read_exactly(first.first.get(), key, sizeof key).ok());
  // An offer of nothing, number 7, is taken.
  ASSERT_TRUE(sys::write_all(first.first.get(), std::string_view("\1\0\0\0\0\0\0\7", 8)).ok());
  std::string said(8, '\0');
  do {
    ASSERT_TRUE(sys::read_exactly(first.first.get(), said.data(), said.size()).ok());
    std::string payload(static_cast<uint8_t>(said[2]) << 8U | static_cast<uint8_t>(said[3]), '\0');
    ASSERT_TRUE(sys::read_exactly(first.first.get(), payload.data(), payload.size()).ok());
  } while (said[0] == 1);  // what this machine's programs listen at
  EXPECT_EQ(said, std::string("\2\0\0\0\0\0\0\7", 8));
  auto second = open();
  serving.join();
}

TEST_F(ServiceTest, AStreamOfNobodyIsNotFound) {
  create_sandbox();
  grpc::OpenStreamRequest request;
  request.set_container_id("none");
  EXPECT_EQ(agent_->open_stream(request).error().code(), Code::kNotFound);
}

TEST_F(ServiceTest, ExecsAndForgets) {
  run("sleep 1000");
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(exec("e1", "echo hi; exit 3").ok()) << round;
    EXPECT_EQ(wait("e1"), 3);
    EXPECT_EQ(output("e1"), "hi\n") << "after the wait";
    EXPECT_EQ(output("e1", true), "");
    EXPECT_EQ(wait("e1"), -static_cast<int>(Code::kNotFound));
  }
}

TEST_F(ServiceTest, AnExecIdOfALivingProcessIsTaken) {
  run("sleep 1000");
  ASSERT_TRUE(exec("e1", "sleep 1000").ok());
  EXPECT_FALSE(exec("e1", "true").ok());
}

TEST_F(ServiceTest, FeedsStandardInput) {
  run("read a; echo got $a; cat");
  grpc::WriteStreamRequest write;
  write.set_container_id("c1");
  write.set_exec_id("c1");
  write.set_data("one\ntwo\n");
  EXPECT_EQ(agent_->write_stdin(write)->len(), 8U);
  grpc::CloseStdinRequest close;
  close.set_container_id("c1");
  close.set_exec_id("c1");
  ASSERT_TRUE(agent_->close_stdin(close).ok());
  EXPECT_EQ(output(), "got one\ntwo\n");
  EXPECT_EQ(wait(), 0);
}

TEST_F(ServiceTest, AClosedOutputEndsTheWriter) {
  run("yes; echo $? >&2");  // not as first process, for which the kernel drops SIGPIPE
  grpc::CloseOutputRequest close;
  close.set_container_id("c1");
  close.set_exec_id("c1");
  ASSERT_TRUE(agent_->close_output(close).ok());
  EXPECT_EQ(output("c1", true), "141\n");
  EXPECT_EQ(wait(), 0);
}

TEST_F(ServiceTest, SigtermWithoutAHandlerKillsTheFirstProcess) {
  run("sleep 1000; true");
  ASSERT_TRUE(signal(SIGTERM, "c1").ok());
  EXPECT_EQ(wait(), 128 + SIGKILL);
  EXPECT_TRUE(signal(SIGTERM, "c1").error().is(Code::kNotFound));
}

TEST_F(ServiceTest, SigtermWithAHandlerIsDelivered) {
  run("trap 'echo bye; exit 5' TERM; echo up; while true; do sleep 0.1; done");
  grpc::ReadStreamRequest read;
  read.set_container_id("c1");
  read.set_exec_id("c1");
  ASSERT_EQ(agent_->read_stdout(read)->data(), "up\n");
  ASSERT_TRUE(signal(SIGTERM, "c1").ok());
  EXPECT_EQ(output(), "bye\n");
  EXPECT_EQ(wait(), 5);
}

TEST_F(ServiceTest, AnEmptyExecIdSignalsEverybody) {
  run("sleep 1000");
  ASSERT_TRUE(exec("e1", "sleep 1000").ok());
  ASSERT_TRUE(signal(SIGKILL, "").ok());
  EXPECT_EQ(wait("e1"), 128 + SIGKILL);
  EXPECT_EQ(wait("c1"), 128 + SIGKILL);
  EXPECT_TRUE(signal(999, "").error().is(Code::kInvalidArgument));
}

TEST_F(ServiceTest, UnknownContainersAndBadIds) {
  EXPECT_EQ(wait(), -static_cast<int>(Code::kNotFound));
  for (const auto* id : {"", "../x", "a/b", ".hidden"}) {
    auto created = create("true", id);
    ASSERT_FALSE(created.ok()) << id;
    EXPECT_TRUE(created.error().is(Code::kInvalidArgument)) << id;
  }
  run("sleep 1000");
  EXPECT_TRUE(create("true").error().is(Code::kAlreadyExists));
}

TEST_F(ServiceTest, AFailedCreationReleasesItsStorages) {
  grpc::CreateContainerRequest request;
  request.set_container_id("c2");
  *request.mutable_oci() = root_->config({"/no/such/program"}).spec;
  auto& storage = *request.add_storages();
  storage.set_driver("local");
  storage.set_mount_point("/run/kata-containers/volume");
  EXPECT_FALSE(agent_->create_container(request).ok());
  EXPECT_FALSE(sys::exists("/run/kata-containers/volume"));
}

TEST_F(ServiceTest, RemovingAContainerFreesItsId) {
  run("sleep 1000");
  grpc::RemoveContainerRequest remove;
  remove.set_container_id("c1");
  ASSERT_TRUE(agent_->remove_container(remove).ok());
  EXPECT_TRUE(agent_->remove_container(remove).error().is(Code::kNotFound));
  run("exit 4");
  EXPECT_EQ(wait(), 4);
}

TEST_F(ServiceTest, DestroyingTheSandboxEndsBlockedCalls) {
  create_sandbox();
  run("sleep 1000");
  std::thread reader([&] {
    grpc::ReadStreamRequest request;
    request.set_container_id("c1");
    EXPECT_FALSE(agent_->read_stdout(request).ok());  // end of stream, or no such container any more
  });
  std::thread oom([&] { EXPECT_TRUE(agent_->get_oom_event({}).error().is(Code::kCancelled)); });
  ASSERT_TRUE(agent_->destroy_sandbox({}).ok());
  reader.join();
  oom.join();
  EXPECT_TRUE(destroyed_);
}

TEST_F(ServiceTest, TellsDetailsAndMetrics) {
  grpc::GuestDetailsRequest request;
  request.set_mem_block_size(true);
  auto details = agent_->get_guest_details(request);
  ASSERT_TRUE(details.ok());
  EXPECT_EQ(details->agent_details().version(), KATA_VERSION);
  EXPECT_TRUE(details->agent_details().supports_seccomp());
  EXPECT_GT(details->agent_details().storage_handlers_size(), 8);
  EXPECT_NE(agent_->get_metrics({})->metrics().find("kata_guest_load"), std::string::npos);
}

TEST_F(ServiceTest, WhatIsNotThereIsUnimplemented) {
  EXPECT_TRUE(agent_->set_policy({}).error().is(Code::kUnimplemented));
}

// Upstream's runtimes read both streams to their ends before they wait, and wait by the container's id.
TEST_F(ServiceTest, AWaitAfterTheStreamsEndsTellsTheStatus) {
  run("echo $$; echo err >&2; exit 3");
  EXPECT_EQ(output(), "1\n") << "in a PID namespace of its own";
  EXPECT_EQ(output("c1", true), "err\n");
  EXPECT_EQ(wait(), 3);
  EXPECT_EQ(wait(), 3);
}

}  // namespace
}  // namespace kata::agent
