// A fixture that runs containers of busybox, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/container/container.h"
#include "agent/container/test_rootfs.h"

namespace kata::agent {

inline std::string read_all(Process& process, Stream stream) {
  std::string out;
  while (true) {
    auto part = process.read(stream, 65536);
    if (!part) return out + "<error: " + part.error().text() + ">";
    if (part->empty()) return out;
    out += *part;
  }
}

class ContainerTest : public ::testing::Test {
 protected:
  struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
  };

  void SetUp() override {
    if (!TestRoot::possible()) GTEST_SKIP() << "needs root, cgroup2 and a static busybox";
    root_ = std::make_unique<TestRoot>();
    reaper_ = std::move(Reaper::create()).value();
  }

  ContainerConfig config(std::vector<std::string> args) { return root_->config(std::move(args)); }

  static grpc::Process process(const std::vector<std::string>& args) {
    grpc::Process out;
    for (const auto& arg : args) out.add_args(arg);
    out.add_env("PATH=/bin");
    return out;
  }

  std::shared_ptr<Container> create(ContainerConfig config) {
    auto made = Container::create(std::move(config), *reaper_);
    if (!made) ADD_FAILURE() << made.error().text();
    return made ? *made : nullptr;
  }

  Outcome run(ContainerConfig config) {
    auto container = create(std::move(config));
    if (!container) return {};
    auto first = container->find("").value();
    auto started = container->start();
    EXPECT_TRUE(started.ok()) << (started ? "" : started.error().text());
    Outcome outcome;
    outcome.out = read_all(*first, Stream::kStdout);
    outcome.err = read_all(*first, Stream::kStderr);
    outcome.code = first->wait().code;
    auto destroyed = container->destroy();
    EXPECT_TRUE(destroyed.ok()) << (destroyed ? "" : destroyed.error().text());
    return outcome;
  }
  Outcome sh(const std::string& script) { return run(config({"sh", "-c", script})); }

  std::unique_ptr<TestRoot> root_;
  std::unique_ptr<Reaper> reaper_;
};

}  // namespace kata::agent
