// Commands against a ttrpc server that plays the shim, with a process whose end is the shim's.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/command/control.h"
#include "cli/command/create.h"
#include "cli/command/events.h"
#include "cli/command/exec.h"
#include "cli/container/status.h"
#include "cli/container/teardown.h"
#include "lib/base/concat.h"
#include "lib/base/mutex.h"
#include "lib/proto/cgroups_v2.pb.h"
#include "lib/proto/shim.ttrpc.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/socket.h"
#include "lib/test/temp_dir.h"
#include "lib/ttrpc/server.h"

namespace kata::cli {
namespace {

namespace task = containerd::task::v2;
using containerd::v1::types::Status;  // shadows kata::cli::Status on purpose: it is what the wire has

template <typename Response>
Result<Response> empty() {
  return Response();
}

class FakeShim : public task::TaskService {
 public:
  explicit FakeShim(pid_t process) : process_(process) {}

  Result<task::StateResponse> state(const ttrpc::Context&, const task::StateRequest& request) override {
    note("state");
    MutexLock lock(mutex_);
    task::StateResponse out;
    out.set_id(request.id());
    out.set_status(status_);
    out.set_cause(cause_);
    return out;
  }
  Result<task::StartResponse> start(const ttrpc::Context&, const task::StartRequest&) override {
    note("start");
    set(Status::RUNNING);
    return empty<task::StartResponse>();
  }
  Result<google::protobuf::Empty> kill(const ttrpc::Context&, const task::KillRequest& request) override {
    note(concat("kill ", request.signal(), request.all() ? " all" : ""));
    if (request.signal() == SIGKILL && dies_) set(Status::STOPPED);
    return empty<google::protobuf::Empty>();
  }
  Result<task::WaitResponse> wait(const ttrpc::Context&, const task::WaitRequest&) override {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return status_ == Status::STOPPED; });
    task::WaitResponse out;
    out.set_oom_kills(oom_kills_ + kills_at_end_);
    return out;
  }
  Result<google::protobuf::Empty> pause(const ttrpc::Context&, const task::PauseRequest&) override {
    set(Status::PAUSED);
    return empty<google::protobuf::Empty>();
  }
  Result<google::protobuf::Empty> resume(const ttrpc::Context&, const task::ResumeRequest&) override {
    set(Status::RUNNING);
    return empty<google::protobuf::Empty>();
  }
  Result<task::DeleteResponse> delete_(const ttrpc::Context&, const task::DeleteRequest&) override {
    note("delete");
    return empty<task::DeleteResponse>();
  }
  // Each call finds one more process killed for want of memory. The machine has ended with its container.
  Result<task::StatsResponse> stats(const ttrpc::Context&, const task::StatsRequest&) override {
    note("stats");
    MutexLock lock(mutex_);
    if (status_ == Status::STOPPED) return Error::make(Code::kUnavailable, "the sandbox was stopped");
    io::containerd::cgroups::v2::Metrics metrics;
    metrics.mutable_memory_events()->set_oom_kill(++oom_kills_);
    task::StatsResponse out;
    out.mutable_stats()->set_type_url("io.containerd.cgroups.v2.Metrics");
    out.mutable_stats()->set_value(metrics.SerializeAsString());
    return out;
  }
  Result<task::ConnectResponse> connect(const ttrpc::Context&, const task::ConnectRequest&) override {
    note("connect");
    task::ConnectResponse out;
    out.set_shim_pid(static_cast<uint32_t>(process_));
    return out;
  }
  Result<google::protobuf::Empty> shutdown(const ttrpc::Context&, const task::ShutdownRequest&) override {
    note("shutdown");
    ::kill(process_, SIGTERM);
    return empty<google::protobuf::Empty>();
  }

  void set(Status status, const std::string& cause = {}) {
    MutexLock lock(mutex_);
    status_ = status;
    cause_ = cause;
    changed_.notify_all();
  }
  std::vector<std::string> calls() {
    MutexLock lock(mutex_);
    return calls_;
  }
  bool saw(const std::string& call) {
    auto all = calls();
    return std::find(all.begin(), all.end(), call) != all.end();
  }
  auto count(const std::string& call) {
    auto all = calls();
    return std::count(all.begin(), all.end(), call);
  }
  void survive_kill() { dies_ = false; }
  void end_by_oom() {
    MutexLock lock(mutex_);
    kills_at_end_ = 1;
    status_ = Status::STOPPED;
    changed_.notify_all();
  }

 private:
  void note(std::string call) {
    MutexLock lock(mutex_);
    calls_.push_back(std::move(call));
  }
  pid_t process_;
  bool dies_ = true;
  Mutex mutex_;
  Condition changed_;
  Status status_ = Status::CREATED;
  uint64_t oom_kills_ = 0, kills_at_end_ = 0;
  std::string cause_;
  std::vector<std::string> calls_;
};

class ShimTest : public ::testing::Test {
 protected:
  void SetUp() override {
    globals_.root = temporary_.path();
    make_delete_action("exit 0");
    auto made = make_place(globals_, "c");
    ASSERT_TRUE(made.ok());
    place_ = std::make_unique<Place>(made->place);
    made->lock.release();
    sys::Spawn spawn;
    spawn.argv = {"sleep", "1000"};
    auto child = sys::spawn(spawn);
    ASSERT_TRUE(child.ok());
    process_ = std::move(child).value();
    Record record;
    record.id = record.sandbox_id = "c";
    record.bundle = globals_.root;
    record.shim = *mark_process(process_.pid);
    ASSERT_TRUE(place_->save(record).ok());
    shim_ = std::make_unique<FakeShim>(process_.pid);
    server_.add(*shim_);
    listener_ = *sys::unix_listen(place_->socket());
    thread_ = std::thread([this] { ignore(server_.serve(listener_.get())); });
  }

  void TearDown() override {
    shim_->set(Status::STOPPED);
    server_.stop();
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    ::kill(process_.pid, SIGKILL);
    ignore(sys::wait_child(process_.pid));
  }

  // What is found as the shim's program, in PATH, when it must clean up after a dead one.
  void make_delete_action(const std::string& body) {
    auto directory = globals_.root + "/.bin";
    ignore(sys::make_directory(directory));  // it is there the second time
    auto script = directory + "/containerd-shim-kata-v2";
    auto text = concat("#!/bin/sh\necho \"$@\" >", globals_.root, "/.deleted\n", body, "\n");
    ASSERT_TRUE(sys::write_file(script, text, 0755).ok());
    ::setenv("PATH", concat(directory, ":/usr/bin:/bin").c_str(), 1);
  }
  bool delete_action_ran() const { return sys::exists(globals_.root + "/.deleted"); }
  bool gone() const { return !sys::exists(place_->directory()); }
  void kill_shim() {
    ::kill(process_.pid, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED | WNOWAIT);  // TearDown reaps it
  }

  TempDir temporary_;
  Globals globals_;
  std::unique_ptr<Place> place_;
  sys::Child process_;
  std::unique_ptr<FakeShim> shim_;
  ttrpc::Server server_;
  UniqueFd listener_;
  std::thread thread_;
};

TEST_F(ShimTest, TheStatusIsTheShims) {
  const std::pair<Status, cli::Status> kPairs[] = {{Status::CREATED, cli::Status::kCreated},
                                                   {Status::RUNNING, cli::Status::kRunning},
                                                   {Status::PAUSED, cli::Status::kPaused},
                                                   {Status::STOPPED, cli::Status::kStopped}};
  for (const auto& [wire, status] : kPairs) {
    shim_->set(wire);
    auto container = find_container(globals_, "c");
    ASSERT_TRUE(container.ok());
    EXPECT_EQ(container->state.status, status);
  }
}

TEST_F(ShimTest, AnErrorTellsTheCause) {
  shim_->set(Status::STOPPED, "QEMU was killed by SIGKILL");
  auto container = find_running(globals_, "c", "pause", false);
  ASSERT_FALSE(container.ok());
  EXPECT_NE(container.error().message().find("container not running"), std::string::npos);
  EXPECT_NE(container.error().message().find("QEMU was killed by SIGKILL"), std::string::npos);
}

TEST_F(ShimTest, StartsWhatIsCreatedAndNothingElse) {
  EXPECT_TRUE(run_start(globals_, "c").ok());
  EXPECT_TRUE(shim_->saw("start"));
  EXPECT_NE(run_start(globals_, "c").error().message().find("already running"), std::string::npos);
  shim_->set(Status::STOPPED);
  EXPECT_NE(run_start(globals_, "c").error().message().find("has stopped"), std::string::npos);
}

TEST_F(ShimTest, PausesAndResumes) {
  EXPECT_FALSE(run_pause(globals_, "c").ok());
  shim_->set(Status::RUNNING);
  EXPECT_FALSE(run_resume(globals_, "c").ok());
  EXPECT_TRUE(run_pause(globals_, "c").ok());
  EXPECT_FALSE(run_pause(globals_, "c").ok());
  ExecOptions options;
  options.id = "c";
  options.command = {"true"};
  EXPECT_NE(run_exec(globals_, options).error().message().find("paused"), std::string::npos);
  EXPECT_TRUE(run_resume(globals_, "c").ok());
}

TEST_F(ShimTest, KillPassesSignalAndAll) {
  shim_->set(Status::RUNNING);
  EXPECT_TRUE(run_kill(globals_, {"c", "USR1", false}).ok());
  EXPECT_TRUE(shim_->saw(concat("kill ", SIGUSR1)));
  EXPECT_TRUE(run_kill(globals_, {"c", "15", true}).ok());
  EXPECT_TRUE(shim_->saw("kill 15 all"));
  EXPECT_TRUE(run_kill(globals_, {"c", "", false}).ok()) << "as if there were no word";
  EXPECT_TRUE(shim_->saw("kill 15"));
}

std::vector<std::string> types_of(const std::string& lines) {
  std::vector<std::string> out;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) out.push_back(nlohmann::json::parse(line).at("type"));
  return out;
}

TEST_F(ShimTest, EventsTellsOfAnOomKillWithTheNextStatistics) {
  shim_->set(Status::RUNNING);
  std::thread end([this] {
    while (shim_->count("stats") < 3) std::this_thread::yield();
    shim_->set(Status::STOPPED);
  });
  ::testing::internal::CaptureStdout();
  auto done = run_events(globals_, {"c", false, "1ms"});
  auto types = types_of(::testing::internal::GetCapturedStdout());
  end.join();
  ASSERT_TRUE(done.ok()) << done.error().message();
  ASSERT_GE(types.size(), 3U);
  EXPECT_EQ(types[0], "stats");
  EXPECT_EQ(types[1], "oom");
  EXPECT_EQ(types[2], "stats");
}

TEST_F(ShimTest, EventsTellsOfTheOomKillThatEndedTheContainer) {
  shim_->set(Status::RUNNING);
  std::thread end([this] {
    while (shim_->count("stats") < 1) std::this_thread::yield();
    shim_->end_by_oom();
  });
  ::testing::internal::CaptureStdout();
  auto done = run_events(globals_, {"c", false, "10m"});  // which nobody waits for
  auto types = types_of(::testing::internal::GetCapturedStdout());
  end.join();
  ASSERT_TRUE(done.ok()) << done.error().message();
  std::erase(types, "stats");  // it may end before its answer is heard
  EXPECT_EQ(types, std::vector<std::string>{"oom"});
}

TEST_F(ShimTest, EventsTellsOfNoKillTwice) {
  shim_->set(Status::RUNNING);
  std::thread end([this] {
    while (shim_->count("stats") < 1) std::this_thread::yield();
    shim_->set(Status::STOPPED);
  });
  ::testing::internal::CaptureStdout();
  auto done = run_events(globals_, {"c", false, "10m"});
  auto types = types_of(::testing::internal::GetCapturedStdout());
  end.join();
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(std::count(types.begin(), types.end(), "oom"), 0) << "the kill is older than the listener";
}

TEST_F(ShimTest, DeleteOfAStoppedOne) {
  shim_->set(Status::STOPPED);
  auto deleted = run_delete(globals_, "c", false);
  ASSERT_TRUE(deleted.ok()) << deleted.error().message();
  EXPECT_TRUE(shim_->saw("delete"));
  EXPECT_TRUE(shim_->saw("shutdown"));
  EXPECT_FALSE(shim_->saw("kill 9 all"));
  EXPECT_FALSE(delete_action_ran());  // the shim has done it all
  EXPECT_TRUE(gone());
}

TEST_F(ShimTest, DeleteOfARunningOneNeedsForce) {
  shim_->set(Status::RUNNING);
  auto refused = run_delete(globals_, "c", false);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("not stopped: running"), std::string::npos);
  EXPECT_FALSE(gone());
  EXPECT_TRUE(run_delete(globals_, "c", true).ok());
  EXPECT_TRUE(shim_->saw("kill 9 all"));
  EXPECT_TRUE(gone());
}

// Its creator was killed between the start of the shim and the record of it.
TEST_F(ShimTest, AShimThatWasNotWrittenDownIsAskedWhoItIs) {
  auto record = *place_->load();
  record.shim = {};
  ASSERT_TRUE(place_->save(record).ok());
  auto deleted = run_delete(globals_, "c", true);
  ASSERT_TRUE(deleted.ok()) << deleted.error().message();
  EXPECT_TRUE(shim_->saw("connect"));
  EXPECT_TRUE(shim_->saw("shutdown"));
  EXPECT_FALSE(delete_action_ran());
  EXPECT_TRUE(gone());
}

TEST_F(ShimTest, ADeadShimIsStoppedAndItsDeleteActionCleansUp) {
  kill_shim();
  auto container = find_container(globals_, "c");
  ASSERT_TRUE(container.ok());
  EXPECT_EQ(container->state.status, cli::Status::kStopped);
  EXPECT_EQ(container->shim, nullptr);
  ASSERT_TRUE(run_delete(globals_, "c", false).ok());
  auto arguments = sys::read_file(globals_.root + "/.deleted");
  ASSERT_TRUE(arguments.ok());
  EXPECT_NE(arguments->find("-sandbox-id c"), std::string::npos);
  EXPECT_NE(arguments->find(" delete"), std::string::npos);
  EXPECT_TRUE(gone());
}

TEST_F(ShimTest, AFailedCleanUpKeepsTheRecordForAnotherTry) {
  make_delete_action("echo cannot unmount >&2; exit 3");
  kill_shim();
  auto deleted = run_delete(globals_, "c", true);
  ASSERT_FALSE(deleted.ok());
  EXPECT_NE(deleted.error().message().find("exited with 3: cannot unmount"), std::string::npos);
  EXPECT_FALSE(gone());
  make_delete_action("exit 0");
  EXPECT_TRUE(run_delete(globals_, "c", true).ok());
  EXPECT_TRUE(gone());
}

TEST_F(ShimTest, ADeadShimsLastWordsAreTheError) {
  ASSERT_TRUE(sys::write_file(place_->shim_stderr(), "first line\nout of memory\n").ok());
  kill_shim();
  auto record = *place_->load();
  auto error = explain_shim(Error::make(Code::kUnavailable, "connection lost"), *place_, record);
  EXPECT_NE(error.message().find("the shim was killed by SIGKILL"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("out of memory"), std::string::npos);
  // An error of the call itself stays as it is.
  auto other = explain_shim(Error::make(Code::kNotFound, "no such thing"), *place_, record);
  EXPECT_EQ(other.message(), "no such thing");
}

}  // namespace
}  // namespace kata::cli
