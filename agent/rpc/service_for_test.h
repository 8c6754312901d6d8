// The whole agent but for its boot, for tests: a ttrpc client, a connection, real containers of busybox.
#pragma once

#include <endian.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>

#include <csignal>
#include <thread>

#include "agent/container/test_rootfs.h"
#include "agent/rpc/agent_calls.h"
#include "agent/rpc/health_calls.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestRoot::possible()) GTEST_SKIP() << "needs root, cgroup v2 and busybox";
    hide_run();
    root_.emplace();
    Options options;
    options.cgroup_root = root_->cgroup_root();
    reaper_ = Reaper::create().value();
    sandbox_.emplace(*reaper_, OomWatcher::create().value(), options, [this] { destroyed_ = true; });
    calls_.emplace(*sandbox_);
    server_.emplace();
    server_->add(*calls_);
    server_->add(health_);
    auto pair = sys::socket_pair(SOCK_STREAM).value();
    ASSERT_TRUE(server_->serve_connection(std::move(pair.first)).ok());
    connection_ = ttrpc::Client::create(std::move(pair.second)).value();
    agent_.emplace(*connection_);
  }
  void TearDown() override {
    if (!sandbox_) return;
    sandbox_->destroy();
    connection_.reset();
    server_.reset();
  }

  // What the agent makes in /run/kata-containers is gone with this process.
  static void hide_run() {
    static const bool kDone = [] {
      return ::unshare(CLONE_NEWNS) == 0 && sys::set_propagation("/", MS_PRIVATE | MS_REC).ok() &&
             sys::make_directories("/run/kata-containers").ok() &&
             sys::mount("tmpfs", "/run/kata-containers", "tmpfs", 0).ok();
    }();
    ASSERT_TRUE(kDone);
  }

  void create_sandbox() {
    grpc::CreateSandboxRequest request;
    request.set_hostname("pod");
    ASSERT_TRUE(agent_->create_sandbox(request).ok());
  }
  Result<Empty> create(const std::string& script, const std::string& id = "c1", bool sandbox_pidns = false) {
    return create(root_->config({"/bin/sh", "-c", script}).spec, id, sandbox_pidns);
  }
  Result<Empty> create(const grpc::Spec& spec, const std::string& id, bool sandbox_pidns = false) {
    grpc::CreateContainerRequest request;
    request.set_sandbox_pidns(sandbox_pidns);
    request.set_container_id(id);
    request.set_exec_id(id);
    *request.mutable_oci() = spec;
    // The runtimes on the host leave it out: a container has one of its own, or the pod's, unasked.
    auto& namespaces = *request.mutable_oci()->mutable_linux()->mutable_namespaces();
    for (int i = namespaces.size() - 1; i >= 0; --i) {
      if (namespaces[i].type() == "pid") namespaces.DeleteSubrange(i, 1);
    }
    return agent_->create_container(request);
  }
  void run(const std::string& script) {
    auto created = create(script);
    ASSERT_TRUE(created.ok()) << created.error().message();
    grpc::StartContainerRequest start;
    start.set_container_id("c1");
    ASSERT_TRUE(agent_->start_container(start).ok());
  }
  int wait(const std::string& exec_id = "c1") {
    grpc::WaitProcessRequest request;
    request.set_container_id("c1");
    request.set_exec_id(exec_id);
    auto answer = agent_->wait_process(request);
    return answer.ok() ? answer->status() : -static_cast<int>(answer.error().code());
  }
  std::string output(const std::string& exec_id = "c1", bool err = false) {
    grpc::ReadStreamRequest request;
    request.set_container_id("c1");
    request.set_exec_id(exec_id);
    request.set_len(4096);
    std::string all;
    for (;;) {
      auto answer = err ? agent_->read_stderr(request) : agent_->read_stdout(request);
      if (!answer.ok()) {
        EXPECT_TRUE(answer.error().is(Code::kOutOfRange)) << answer.error().message();
        return all;
      }
      all += answer->data();
    }
  }
  Result<Empty> signal(uint32_t number, const std::string& exec_id) {
    grpc::SignalProcessRequest request;
    request.set_container_id("c1");
    request.set_exec_id(exec_id);
    request.set_signal(number);
    return agent_->signal_process(request);
  }
  Result<Empty> exec(const std::string& exec_id, const std::string& script) {
    grpc::ExecProcessRequest request;
    request.set_container_id("c1");
    request.set_exec_id(exec_id);
    *request.mutable_process() = root_->config({"/bin/sh", "-c", script}).spec.process();
    return agent_->exec_process(request);
  }

  std::optional<TestRoot> root_;
  std::unique_ptr<Reaper> reaper_;
  std::optional<Sandbox> sandbox_;
  std::optional<AgentCalls> calls_;
  HealthCalls health_;
  std::optional<ttrpc::Server> server_;
  std::unique_ptr<ttrpc::Client> connection_;
  std::optional<grpc::AgentClient> agent_;
  std::atomic<bool> destroyed_{false};
};

}  // namespace kata::agent
