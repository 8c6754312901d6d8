#include "cli/container/shim_client.h"

#include "lib/base/concat.h"
#include "lib/proto/shim.ttrpc.h"
#include "runtime/task/launch.h"

namespace kata::cli {

namespace task_api = containerd::task::v2;
using std::chrono::seconds;

namespace {

constexpr char kSpecTypes[] = "types.containerd.io/opencontainers/runtime-spec/1/";
// For calls that change nothing: a shim that does not answer them is as good as dead.
constexpr seconds kQueryTimeout{10};
constexpr seconds kNoTimeout{0};

Status status_of(containerd::v1::types::Status status) {
  switch (status) {
    case containerd::v1::types::CREATED:
      return Status::kCreated;
    case containerd::v1::types::RUNNING:
      return Status::kRunning;
    case containerd::v1::types::PAUSED:
    case containerd::v1::types::PAUSING:
      return Status::kPaused;
    default:
      return Status::kStopped;
  }
}

std::string fifo(const std::string& path) { return path.empty() ? path : "pipe://" + path; }

template <typename Request>
void fill_streams(Request& request, const StreamPaths& streams, pid_t standin) {
  request.set_terminal(streams.terminal);
  request.set_lf_only(streams.lf_only);
  request.set_stdin(fifo(streams.in));
  request.set_stdout(fifo(streams.out));
  request.set_stderr(fifo(streams.err));
  request.set_standin_pid(static_cast<uint32_t>(standin));
}

}  // namespace

std::string_view status_name(Status status) {
  constexpr std::string_view kNames[] = {"creating", "created", "running", "paused", "stopped"};
  return kNames[static_cast<int>(status)];
}

ShimClient::ShimClient(std::unique_ptr<ttrpc::Client> client, std::string id)
    : client_(std::move(client)), task_(std::make_unique<task_api::TaskClient>(*client_)), id_(std::move(id)) {}

ShimClient::~ShimClient() = default;

Result<std::unique_ptr<ShimClient>> ShimClient::connect(const std::string& socket, std::string id) {
  auto client = TRY(kata::task::connect_shim(socket));
  return std::unique_ptr<ShimClient>(new ShimClient(std::move(client), std::move(id)));
}

Result<> ShimClient::create(const std::string& bundle, const StreamPaths& streams, pid_t standin, bool no_new_keyring) {
  task_api::CreateTaskRequest request;
  request.set_id(id_);
  request.set_bundle(bundle);
  request.set_no_new_keyring(no_new_keyring);
  fill_streams(request, streams, standin);
  TRY(task_->create(request, kNoTimeout));
  return {};
}

Result<> ShimClient::start(const std::string& exec_id) {
  task_api::StartRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  TRY(task_->start(request, kNoTimeout));
  return {};
}

Result<> ShimClient::exec(const std::string& exec_id, const StreamPaths& streams, pid_t standin,
                          const std::string& process_json) {
  task_api::ExecProcessRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  fill_streams(request, streams, standin);
  request.mutable_spec()->set_type_url(concat(kSpecTypes, "Process"));
  request.mutable_spec()->set_value(process_json);
  TRY(task_->exec(request, kGuestTimeout));
  return {};
}

Result<TaskState> ShimClient::state(const std::string& exec_id) {
  task_api::StateRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  auto response = TRY(task_->state(request, kQueryTimeout));
  TaskState out;
  out.status = status_of(response.status());
  out.pid = response.pid();
  out.exit_status = response.exit_status();
  out.cause = response.cause();
  return out;
}

Result<std::vector<StartPhase>> ShimClient::timing() {
  task_api::StateRequest request;
  request.set_id(id_);
  request.set_with_timing(true);
  auto response = TRY(task_->state(request, kGuestTimeout));
  std::vector<StartPhase> out;
  for (const auto& phase : response.phases()) out.push_back({phase.name(), phase.milliseconds()});
  return out;
}

Result<> ShimClient::kill(const std::string& exec_id, int signal, bool all, seconds timeout) {
  task_api::KillRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  request.set_signal(static_cast<uint32_t>(signal));
  request.set_all(all);
  TRY(task_->kill(request, timeout));
  return {};
}

Result<TaskEnd> ShimClient::wait_stopped(std::chrono::nanoseconds timeout) {
  task_api::WaitRequest request;
  request.set_id(id_);
  return TaskEnd{TRY(task_->wait(request, timeout)).oom_kills()};
}

Result<> ShimClient::remove(const std::string& exec_id) {
  task_api::DeleteRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  TRY(task_->delete_(request, kGuestTimeout));
  return {};
}

Result<> ShimClient::shut_down(Shutdown how) {
  task_api::ShutdownRequest request;
  request.set_id(id_);
  request.set_now(how == Shutdown::kWithAllContainers);
  TRY(task_->shutdown(request, kQueryTimeout));
  return {};
}

Result<pid_t> ShimClient::pid() {
  task_api::ConnectRequest request;
  request.set_id(id_);
  auto response = TRY(task_->connect(request, kQueryTimeout));
  return static_cast<pid_t>(response.shim_pid());
}

Result<> ShimClient::pause() {
  task_api::PauseRequest request;
  request.set_id(id_);
  TRY(task_->pause(request, kGuestTimeout));
  return {};
}

Result<> ShimClient::resume() {
  task_api::ResumeRequest request;
  request.set_id(id_);
  TRY(task_->resume(request, kGuestTimeout));
  return {};
}

Result<> ShimClient::update(const std::string& resources_json) {
  task_api::UpdateTaskRequest request;
  request.set_id(id_);
  request.mutable_resources()->set_type_url(concat(kSpecTypes, "LinuxResources"));
  request.mutable_resources()->set_value(resources_json);
  TRY(task_->update(request, kGuestTimeout));
  return {};
}

Result<std::vector<uint32_t>> ShimClient::pids() {
  task_api::PidsRequest request;
  request.set_id(id_);
  auto response = TRY(task_->pids(request, kGuestTimeout));
  std::vector<uint32_t> out;
  for (const auto& process : response.processes()) out.push_back(process.pid());
  return out;
}

Result<TaskStats> ShimClient::stats() {
  task_api::StatsRequest request;
  request.set_id(id_);
  auto response = TRY(task_->stats(request, kGuestTimeout));
  return TaskStats{response.stats().type_url(), response.stats().value()};
}

}  // namespace kata::cli
