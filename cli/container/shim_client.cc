#include "cli/container/shim_client.h"

#include "lib/base/concat.h"
#include "lib/proto/shim.pb.h"
#include "runtime/task/launch.h"

namespace kata::cli {

namespace task = containerd::task::v2;
using std::chrono::seconds;

namespace {

constexpr char kService[] = "containerd.task.v2.Task";
constexpr char kSpecTypes[] = "types.containerd.io/opencontainers/runtime-spec/1/";
// For calls that only look: a shim that does not answer them is as good as dead.
constexpr seconds kLook{10};
// For calls that the guest must carry out. Generous: without KVM everything is 10 times slower.
constexpr seconds kAct{120};
constexpr seconds kForEver{0};

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

Result<std::unique_ptr<Pod>> Pod::connect(const std::string& socket, std::string id) {
  auto client = TRY(kata::task::connect_shim(socket));
  return std::unique_ptr<Pod>(new Pod(std::move(client), std::move(id)));
}

template <typename Response, typename Request>
Result<Response> Pod::call(std::string_view method, const Request& request, std::chrono::nanoseconds timeout) {
  auto bytes = TRY(client_->call(kService, method, request.SerializeAsString(), timeout));
  Response response;
  if (!response.ParseFromString(bytes)) {
    return Error::make(Code::kInternal, concat("the shim's answer to ", method, " is malformed"));
  }
  return response;
}

Result<> Pod::create(const std::string& bundle, const StreamPaths& streams, pid_t standin) {
  task::CreateTaskRequest request;
  request.set_id(id_);
  request.set_bundle(bundle);
  fill_streams(request, streams, standin);
  TRY(call<task::CreateTaskResponse>("Create", request, kForEver));
  return {};
}

Result<> Pod::start(const std::string& exec_id) {
  task::StartRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  TRY(call<task::StartResponse>("Start", request, kForEver));
  return {};
}

Result<> Pod::exec(const std::string& exec_id, const StreamPaths& streams, pid_t standin,
                   const std::string& process_json) {
  task::ExecProcessRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  fill_streams(request, streams, standin);
  request.mutable_spec()->set_type_url(concat(kSpecTypes, "Process"));
  request.mutable_spec()->set_value(process_json);
  TRY(call<google::protobuf::Empty>("Exec", request, kAct));
  return {};
}

Result<TaskState> Pod::state(const std::string& exec_id) {
  task::StateRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  auto response = TRY(call<task::StateResponse>("State", request, kLook));
  TaskState out;
  out.status = status_of(response.status());
  out.pid = response.pid();
  out.exit_status = response.exit_status();
  out.cause = response.cause();
  return out;
}

Result<std::string> Pod::timing() {
  task::StateRequest request;
  request.set_id(id_);
  request.set_with_timing(true);
  return TRY(call<task::StateResponse>("State", request, kAct)).timing();
}

Result<> Pod::kill(const std::string& exec_id, int signal, bool all) {
  task::KillRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  request.set_signal(static_cast<uint32_t>(signal));
  request.set_all(all);
  TRY(call<google::protobuf::Empty>("Kill", request, kAct));
  return {};
}

Result<> Pod::wait_stopped(std::chrono::nanoseconds timeout) {
  task::WaitRequest request;
  request.set_id(id_);
  TRY(call<task::WaitResponse>("Wait", request, timeout));
  return {};
}

Result<> Pod::remove(const std::string& exec_id) {
  task::DeleteRequest request;
  request.set_id(id_);
  request.set_exec_id(exec_id);
  TRY(call<task::DeleteResponse>("Delete", request, kAct));
  return {};
}

Result<> Pod::shut_down() {
  task::ShutdownRequest request;
  request.set_id(id_);
  TRY(call<google::protobuf::Empty>("Shutdown", request, kLook));
  return {};
}

Result<> Pod::pause() {
  task::PauseRequest request;
  request.set_id(id_);
  TRY(call<google::protobuf::Empty>("Pause", request, kAct));
  return {};
}

Result<> Pod::resume() {
  task::ResumeRequest request;
  request.set_id(id_);
  TRY(call<google::protobuf::Empty>("Resume", request, kAct));
  return {};
}

Result<> Pod::update(const std::string& resources_json) {
  task::UpdateTaskRequest request;
  request.set_id(id_);
  request.mutable_resources()->set_type_url(concat(kSpecTypes, "LinuxResources"));
  request.mutable_resources()->set_value(resources_json);
  TRY(call<google::protobuf::Empty>("Update", request, kAct));
  return {};
}

Result<std::vector<uint32_t>> Pod::pids() {
  task::PidsRequest request;
  request.set_id(id_);
  auto response = TRY(call<task::PidsResponse>("Pids", request, kAct));
  std::vector<uint32_t> out;
  for (const auto& process : response.processes()) out.push_back(process.pid());
  return out;
}

Result<TaskStats> Pod::stats() {
  task::StatsRequest request;
  request.set_id(id_);
  auto response = TRY(call<task::StatsResponse>("Stats", request, kAct));
  return TaskStats{response.stats().type_url(), response.stats().value()};
}

}  // namespace kata::cli
