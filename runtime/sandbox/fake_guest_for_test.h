// A guest in this process, behind a fake machine (hypervisor/fake): an agent whose containers and processes are entries
// of a table, and whose calls a test holds by name. Only for tests.
#pragma once

#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hypervisor/fake/driver.h"
#include "lib/base/mutex.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/proto/health.ttrpc.h"
#include "lib/ttrpc/server.h"

namespace kata {

class FakeGuest : public grpc::AgentService {
 public:
  using Context = ttrpc::Context;
  using Empty = google::protobuf::Empty;

  // Answers what machines of this driver dial. Outlives them.
  explicit FakeGuest(hypervisor::FakeDriver& driver) {
    server_.add(*this);
    server_.add(health_);
    driver.serve([this](uint32_t, UniqueFd stream) { ignore(server_.serve_connection(std::move(stream))); });
  }
  ~FakeGuest() override {
    {
      MutexLock lock(mutex_);
      over_ = true;
      changed_.notify_all();
    }
    server_.stop();
  }

  // From now on calls of this method ("CreateContainer") wait, for ever or until release().
  void hold(const std::string& method) {
    MutexLock lock(mutex_);
    held_.insert(method);
    waiting_.erase(method);
  }
  void wait_for(const std::string& method) {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return waiting_.contains(method); });
  }
  void release() {
    MutexLock lock(mutex_);
    held_.clear();
    changed_.notify_all();
  }
  // Fails the next calls of this method.
  void fail(const std::string& method, Error error) {
    MutexLock lock(mutex_);
    failures_.insert_or_assign(method, std::move(error));
  }
  // Signals are answered with yes from now on, and nothing is done.
  void be_deaf() {
    MutexLock lock(mutex_);
    deaf_ = true;
  }
  // A process ends by itself; with a container's first one the kernel kills the others.
  void end(const std::string& container, const std::string& exec, int status) {
    MutexLock lock(mutex_);
    processes_[{container, exec}] = status;
    for (auto& [id, others] : processes_) {
      if (container == exec && id.first == container && !others) others = 128 + SIGKILL;
    }
    changed_.notify_all();
  }
  // The guest's OOM killer strikes in a container that lives on.
  void strike(const std::string& container) {
    MutexLock lock(mutex_);
    ++oom_kills_[container];
    struck_.push_back(container);
    changed_.notify_all();
  }
  // What its agent can mount; nothing: it does not say.
  void set_storage_handlers(std::vector<std::string> names) {
    MutexLock lock(mutex_);
    storage_handlers_ = std::move(names);
  }
  // It strikes the first process of a container, and no OOM event is on its way.
  void strike_down(const std::string& container) {
    MutexLock lock(mutex_);
    ++oom_kills_[container];
    processes_[{container, container}] = 128 + SIGKILL;
    changed_.notify_all();
  }
  std::vector<std::string> calls() const {
    MutexLock lock(mutex_);
    return calls_;
  }
  bool has(const std::string& container) const {
    MutexLock lock(mutex_);
    return processes_.contains({container, container});
  }

  Result<std::string> dispatch(std::string_view method, const Context& context, std::string_view payload) override {
    TRY(pass(std::string(method)));
    return grpc::AgentService::dispatch(method, context, payload);
  }

  Result<Empty> create_sandbox(const Context&, const grpc::CreateSandboxRequest&) override { return Empty(); }
  Result<Empty> set_guest_date_time(const Context&, const grpc::SetGuestDateTimeRequest&) override { return Empty(); }
  Result<Empty> online_cpu_mem(const Context&, const grpc::OnlineCPUMemRequest&) override { return Empty(); }
  Result<Empty> pause_container(const Context&, const grpc::PauseContainerRequest&) override { return Empty(); }
  Result<Empty> resume_container(const Context&, const grpc::ResumeContainerRequest&) override { return Empty(); }
  Result<Empty> update_container(const Context&, const grpc::UpdateContainerRequest&) override { return Empty(); }
  Result<Empty> start_container(const Context&, const grpc::StartContainerRequest&) override { return Empty(); }
  Result<Empty> close_stdin(const Context&, const grpc::CloseStdinRequest&) override { return Empty(); }
  Result<Empty> create_container(const Context&, const grpc::CreateContainerRequest& r) override {
    return add(r.container_id(), r.exec_id());
  }
  Result<Empty> exec_process(const Context&, const grpc::ExecProcessRequest& r) override {
    return add(r.container_id(), r.exec_id());
  }
  Result<Empty> remove_container(const Context&, const grpc::RemoveContainerRequest& r) override {
    MutexLock lock(mutex_);
    std::erase_if(processes_, [&](const auto& one) { return one.first.first == r.container_id(); });
    changed_.notify_all();
    return Empty();
  }
  Result<Empty> signal_process(const Context&, const grpc::SignalProcessRequest& r) override {
    MutexLock lock(mutex_);
    if (deaf_) return Empty();
    for (auto& [id, status] : processes_) {
      bool meant = id.first == r.container_id() && (r.exec_id().empty() || id.second == r.exec_id());
      if (meant && !status) status = 128 + static_cast<int>(r.signal());
    }
    changed_.notify_all();
    return Empty();
  }
  Result<grpc::WaitProcessResponse> wait_process(const Context&, const grpc::WaitProcessRequest& r) override {
    MutexLock lock(mutex_);
    std::pair id{r.container_id(), r.exec_id()};
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return ended(id); });
    auto found = processes_.find(id);
    if (found == processes_.end() || !found->second) return Error::make(Code::kNotFound, "the process is gone");
    grpc::WaitProcessResponse out;
    out.set_status(*found->second);
    if (r.exec_id() == r.container_id()) out.set_oom_kills(oom_kills_[r.container_id()]);
    return out;
  }
  Result<grpc::GuestDetailsResponse> get_guest_details(const Context&, const grpc::GuestDetailsRequest&) override {
    MutexLock lock(mutex_);
    grpc::GuestDetailsResponse out;
    for (const auto& name : storage_handlers_) out.mutable_agent_details()->add_storage_handlers(name);
    return out;
  }
  Result<grpc::OpenStreamResponse> open_stream(const Context&, const grpc::OpenStreamRequest&) override {
    return Error::make(Code::kNotFound, "no connections here");
  }
  Result<grpc::ReadStreamResponse> read_stdout(const Context&, const grpc::ReadStreamRequest& r) override {
    return read(r);
  }
  Result<grpc::ReadStreamResponse> read_stderr(const Context&, const grpc::ReadStreamRequest& r) override {
    return read(r);
  }
  Result<grpc::OOMEvent> get_oom_event(const Context&, const grpc::GetOOMEventRequest&) override {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return over_ || !struck_.empty(); });
    if (struck_.empty()) return Error::make(Code::kCancelled, "the guest is gone");
    grpc::OOMEvent out;
    out.set_container_id(struck_.back());
    out.set_kills(oom_kills_[struck_.back()]);
    struck_.pop_back();
    return out;
  }

 private:
  using Id = std::pair<std::string, std::string>;
  class Health : public grpc::HealthService {
   public:
    explicit Health(FakeGuest& guest) : guest_(guest) {}
    Result<grpc::HealthCheckResponse> check(const Context&, const grpc::CheckRequest&) override {
      TRY(guest_.pass("Check"));
      grpc::HealthCheckResponse out;
      out.set_status(grpc::HealthCheckResponse::SERVING);
      return out;
    }

   private:
    FakeGuest& guest_;
  };

  // Each call goes through here first.
  Result<> pass(const std::string& method) {
    MutexLock lock(mutex_);
    calls_.push_back(method);
    if (held_.contains(method)) waiting_.insert(method);
    changed_.notify_all();
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return over_ || !held_.contains(method); });
    auto failure = failures_.find(method);
    if (failure != failures_.end()) return failure->second;
    return {};
  }

  bool ended(const Id& id) const REQUIRES(mutex_) {
    auto found = processes_.find(id);
    return over_ || found == processes_.end() || found->second.has_value();
  }
  Result<Empty> add(const std::string& container, const std::string& exec) {
    MutexLock lock(mutex_);
    processes_.insert_or_assign(Id{container, exec}, std::nullopt);
    return Empty();
  }
  Result<grpc::ReadStreamResponse> read(const grpc::ReadStreamRequest& r) {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return ended({r.container_id(), r.exec_id()}); });
    return Error::make(Code::kOutOfRange, "end of stream");
  }

  mutable Mutex mutex_;
  Condition changed_;
  std::map<Id, std::optional<int>> processes_ GUARDED_BY(mutex_);
  std::vector<std::string> calls_ GUARDED_BY(mutex_);
  std::vector<std::string> storage_handlers_ GUARDED_BY(mutex_);
  std::vector<std::string> struck_ GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> oom_kills_ GUARDED_BY(mutex_);
  std::set<std::string> held_ GUARDED_BY(mutex_);
  std::set<std::string> waiting_ GUARDED_BY(mutex_);
  std::map<std::string, Error> failures_ GUARDED_BY(mutex_);
  bool deaf_ GUARDED_BY(mutex_) = false;
  bool over_ GUARDED_BY(mutex_) = false;
  Health health_{*this};
  ttrpc::Server server_;  // last: its threads use the others
};

}  // namespace kata
