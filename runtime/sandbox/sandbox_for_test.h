// A sandbox on a fake machine with a fake guest, in a directory of its own. Only for tests, and only for root: it makes
// mounts, in a mount namespace of the test's.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/process.h"
#include "lib/sys/thread.h"
#include "lib/test/temp_dir.h"
#include "runtime/cgroups/hierarchy.h"
#include "runtime/sandbox/fake_guest_for_test.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

// Where an operation is: records the steps, and holds one of them.
class StepsOfPod {
 public:
  void at(std::string_view step) {
    MutexLock lock(mutex_);
    seen_.emplace_back(step);
    reached_ = reached_ || step == held_;
    changed_.notify_all();
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return step != held_; });
  }
  void hold(const std::string& step) {
    MutexLock lock(mutex_);
    held_ = step;
    reached_ = false;
  }
  void wait_until_reached() {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return reached_; });
  }
  void release() {
    MutexLock lock(mutex_);
    held_.clear();
    changed_.notify_all();
  }
  std::vector<std::string> take_seen() {
    MutexLock lock(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::string held_ GUARDED_BY(mutex_);
  bool reached_ GUARDED_BY(mutex_) = false;
  std::vector<std::string> seen_ GUARDED_BY(mutex_);
};

// One line for each event: "create c1", "start c1", "exit c1 e1 0".
class EventsOfPod {
 public:
  void add(const Event& event) {
    MutexLock lock(mutex_);
    lines_.push_back(std::visit([](const auto& one) { return line(one); }, event));
    changed_.notify_all();
  }
  std::vector<std::string> lines() const {
    MutexLock lock(mutex_);
    return lines_;
  }
  void wait_for(const std::string& line) {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return std::count(lines_.begin(), lines_.end(), line) > 0; });
  }

 private:
  static std::string line(const ContainerCreated& e) { return "create " + e.container; }
  static std::string line(const ExecAdded& e) { return "exec-added " + e.container + " " + e.exec; }
  static std::string line(const ProcessStarted& e) {
    return "start " + e.container + (e.exec.empty() ? "" : " " + e.exec);
  }
  static std::string line(const ProcessExited& e) {
    return concat("exit ", e.container, e.exec.empty() ? "" : " " + e.exec, " ", e.exit.status);
  }
  static std::string line(const ContainerPaused& e) { return "paused " + e.container; }
  static std::string line(const ContainerResumed& e) { return "resumed " + e.container; }
  static std::string line(const OutOfMemory& e) { return "oom " + e.container; }
  static std::string line(const ContainerDeleted& e) { return "delete " + e.container; }

  mutable Mutex mutex_;
  Condition changed_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

class SandboxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Mounts that a failed test leaves end with this process.
    if (::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0) ignore(sys::set_propagation("/", MS_SLAVE | MS_REC));
  }
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "a sandbox makes mounts and cgroups, which only root may";
    for (const char* id : {"c1", "c2"}) make_bundle(id, R"({})");
    ASSERT_TRUE(sys::write_file(base_ + "/kata.toml",
                                "[hypervisor.qemu]\nshared_fs = \"virtio-9p\"\naccelerator = \"tcg\"\n"
                                "agent_channel = \"virtio-serial\"\n")
                    .ok());
    make_sandbox();
  }
  void TearDown() override { sandbox_.reset(); }
  void make_bundle(const std::string& id, const std::string& annotations) {
    auto bundle = base_ + "/" + id;
    ASSERT_TRUE(sys::make_directories(bundle + "/rootfs").ok());
    auto config = R"({"ociVersion":"1.0.2","root":{"path":"rootfs"},"process":{"args":["x"],"cwd":"/"},"annotations":)";
    ASSERT_TRUE(sys::write_file(bundle + "/config.json", config + annotations + "}").ok());
  }
  // Two containers of one pod of containerd.
  void make_pod_bundles() {
    make_bundle("c1", R"({"io.kubernetes.cri.container-type":"sandbox"})");
    make_bundle("c2", R"({"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.sandbox-id":"s1"})");
  }
  void make_sandbox() {
    SandboxOptions options{.id = id_, .run_directory = base_ + "/run", .shared_base = base_ + "/shared"};
    options.config = base_ + "/kata.toml";
    options.driver = &driver_;
    options.killed_within = killed_within_;
    options.publish = [this](const Event& event) { events_.add(event); };
    options.all_stopped = [this] { ++all_stopped_; };
    options.at_step = [this](std::string_view step) { steps_.at(step); };
    sandbox_ = std::make_unique<Sandbox>(std::move(options));
  }

  Result<pid_t> create(const std::string& id) {
    CreateRequest request;
    request.id = id;
    request.bundle = base_ + "/" + id;
    return sandbox_->create(request);
  }
  void run(const std::string& id) {
    auto created = create(id);
    ASSERT_TRUE(created.ok()) << created.error().text();
    auto started = sandbox_->start(id, "");
    ASSERT_TRUE(started.ok()) << started.error().text();
  }
  Result<> add_exec(const std::string& id, const std::string& exec) { return sandbox_->exec(id, exec, {}, {}, 0); }
  // Creates the container with a process that stands for it, which waits to be killed.
  pid_t create_with_standin(const std::string& id) {
    auto in = *sys::pipe();
    auto out = *sys::pipe();
    sys::Spawn shell{.argv = {"sh", "-c", "echo; read line"}, .in = in.read.get(), .out = out.write.get()};
    shell.namespaces.fresh = CLONE_NEWNS | CLONE_NEWUTS;
    auto standin = sys::spawn(shell).value();
    char loaded = 0;  // it needs its libraries no more
    EXPECT_TRUE(sys::read_exactly(out.read.get(), &loaded, 1).ok());
    CreateRequest request;
    request.id = id;
    request.bundle = base_ + "/" + id;
    request.standin = standin.pid;
    auto created = sandbox_->create(request);
    EXPECT_TRUE(created.ok()) << created.error().text();
    EXPECT_EQ(std::move(created).value_or(-1), standin.pid);
    standin_input_ = std::move(in.write);
    return standin.pid;
  }
  std::string status(const std::string& id, const std::string& exec = "") {
    auto state = sandbox_->state(id, exec);
    return state ? std::string(state_name(state->life)) : state.error().message();
  }

  sys::Thread in_thread(std::function<void()> work) {
    return std::move(sys::Thread::start("test", std::move(work))).value();
  }
  // Until nobody is let in any more.
  void wait_until_closed() {
    while (sandbox_->exec("none", "none", {}, {}, 0).error().message().find("no container") != std::string::npos) {
      std::this_thread::yield();
    }
  }

  // What a test's sandbox has left on the host; empty: nothing.
  std::string leftovers() {
    std::string out;
    if (sys::exists(base_ + "/run/" + id_)) out += "the directory; ";
    if (sys::exists(base_ + "/shared/" + id_)) out += "the shared directory; ";
    if (driver_.running() != 0) out += concat(driver_.running(), " machines; ");
    auto mounts = sys::read_file("/proc/self/mountinfo").value_or("");
    if (mounts.find(base_) != std::string::npos) out += "mounts; ";
    for (const auto& hierarchy : cgroups::find_hierarchies()) {
      for (const auto& group : {"/kata_sandboxed_pod/kata_" + id_, "/kata_overhead/" + id_}) {
        if (sys::exists(hierarchy.mount + group)) out += hierarchy.mount + group + "; ";
      }
    }
    return out;
  }

  const std::string id_ = concat("test-", ::getpid());  // others may run this test at the same time
  TempDir temporary_;
  std::string base_ = temporary_.path();
  EventsOfPod events_;
  StepsOfPod steps_;
  std::atomic<int> all_stopped_ = 0;
  std::chrono::milliseconds killed_within_{30'000};  // before the sandbox is made
  hypervisor::FakeDriver driver_;
  FakeGuest guest_{driver_};
  UniqueFd standin_input_;
  std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace kata
