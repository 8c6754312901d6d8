#include "runtime/agent_client/agent_client.h"

#include <endian.h>

#include "lib/base/concat.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/proto/health.ttrpc.h"
#include "lib/sys/fd.h"

namespace kata {

namespace {

constexpr std::chrono::seconds kCheck{30};
constexpr std::chrono::seconds kDefault{60};
constexpr std::chrono::nanoseconds kForEver{0};

template <typename Request>
Request of_container(const std::string& container) {
  Request request;
  request.set_container_id(container);
  return request;
}

template <typename Request>
Request of_process(const ProcessId& id) {
  auto request = of_container<Request>(id.container);
  request.set_exec_id(id.exec);
  return request;
}

template <typename T>
Result<> drop(Result<T> result) {
  if (!result) return result.error();
  return {};
}

}  // namespace

class AgentClient::Calls {
 public:
  Calls(std::unique_ptr<ttrpc::Client> connection, Settings settings)
      : connection_(std::move(connection)), settings_(std::move(settings)), agent(*connection_), health(*connection_) {}

 private:
  std::unique_ptr<ttrpc::Client> connection_;  // before the clients that call through it
  Settings settings_;

 public:
  std::chrono::nanoseconds scaled(std::chrono::seconds base) const { return base * settings_.timeout_factor; }
  std::chrono::nanoseconds usual() const { return scaled(kDefault); }
  std::chrono::nanoseconds create_container() const { return scaled(settings_.create_container); }
  ttrpc::Client& connection() { return *connection_; }
  Result<UniqueFd> dial(uint32_t port) const { return settings_.dial(port); }
  bool can_dial() const { return static_cast<bool>(settings_.dial); }

  // A lost connection says little; what ended the machine says all.
  template <typename T>
  Result<T> explain(Result<T> result) {
    if (result || !result.error().is(Code::kUnavailable) || !settings_.why_lost) return result;
    auto cause = settings_.why_lost();
    if (!cause) return result;
    return cause->with_code(Code::kUnavailable);
  }

  grpc::AgentClient agent;
  grpc::HealthClient health;
};

AgentClient::AgentClient(std::unique_ptr<ttrpc::Client> connection, Settings settings)
    : calls_(std::make_unique<Calls>(std::move(connection), std::move(settings))) {}
AgentClient::~AgentClient() = default;

void AgentClient::fail(const Error& cause) { calls_->connection().shut_down(cause.message()); }
bool AgentClient::lost() const { return calls_->connection().closed(); }

Result<> AgentClient::check() {
  auto answer = TRY(calls_->explain(calls_->health.check({}, calls_->scaled(kCheck))));
  if (answer.status() == grpc::HealthCheckResponse::SERVING) return {};
  return Error::make(Code::kUnavailable, "the agent says that it is not serving");
}

Result<> AgentClient::create_sandbox(const grpc::CreateSandboxRequest& request) {
  return drop(calls_->explain(calls_->agent.create_sandbox(request, calls_->usual())));
}

Result<> AgentClient::create_container(const grpc::CreateContainerRequest& request) {
  return drop(calls_->explain(calls_->agent.create_container(request, calls_->create_container())));
}

Result<> AgentClient::start_container(const std::string& container) {
  auto request = of_container<grpc::StartContainerRequest>(container);
  return drop(calls_->explain(calls_->agent.start_container(request, calls_->usual())));
}

Result<> AgentClient::copy_file(const grpc::CopyFileRequest& request) {
  return drop(calls_->explain(calls_->agent.copy_file(request, calls_->usual())));
}

Result<> AgentClient::remove_container(const std::string& container) {
  auto request = of_container<grpc::RemoveContainerRequest>(container);
  return drop(calls_->explain(calls_->agent.remove_container(request, calls_->usual())));
}

Result<> AgentClient::exec_process(const ProcessId& id, const grpc::Process& process) {
  auto request = of_process<grpc::ExecProcessRequest>(id);
  *request.mutable_process() = process;
  return drop(calls_->explain(calls_->agent.exec_process(request, calls_->usual())));
}

Result<> AgentClient::signal_process(const ProcessId& id, uint32_t signal) {
  auto request = of_process<grpc::SignalProcessRequest>(id);
  request.set_signal(signal);
  return drop(calls_->explain(calls_->agent.signal_process(request, calls_->usual())));
}

Result<int> AgentClient::wait_process(const ProcessId& id) {
  auto request = of_process<grpc::WaitProcessRequest>(id);
  return TRY(calls_->explain(calls_->agent.wait_process(request, kForEver))).status();
}

Result<> AgentClient::update_container(const std::string& container, const grpc::LinuxResources& resources) {
  auto request = of_container<grpc::UpdateContainerRequest>(container);
  *request.mutable_resources() = resources;
  return drop(calls_->explain(calls_->agent.update_container(request, calls_->usual())));
}

Result<grpc::StatsContainerResponse> AgentClient::stats_container(const std::string& container) {
  auto request = of_container<grpc::StatsContainerRequest>(container);
  return calls_->explain(calls_->agent.stats_container(request, calls_->usual()));
}

Result<> AgentClient::pause_container(const std::string& container) {
  auto request = of_container<grpc::PauseContainerRequest>(container);
  return drop(calls_->explain(calls_->agent.pause_container(request, calls_->usual())));
}

Result<> AgentClient::resume_container(const std::string& container) {
  auto request = of_container<grpc::ResumeContainerRequest>(container);
  return drop(calls_->explain(calls_->agent.resume_container(request, calls_->usual())));
}

Result<> AgentClient::resize_terminal(const ProcessId& id, uint32_t rows, uint32_t columns) {
  auto request = of_process<grpc::TtyWinResizeRequest>(id);
  request.set_row(rows);
  request.set_column(columns);
  return drop(calls_->explain(calls_->agent.tty_win_resize(request, calls_->usual())));
}

Result<std::string> AgentClient::read_output(const ProcessId& id, Output which, uint32_t length) {
  auto request = of_process<grpc::ReadStreamRequest>(id);
  request.set_len(length);
  auto answer = which == Output::kStdout ? calls_->agent.read_stdout(request, kForEver)
                                         : calls_->agent.read_stderr(request, kForEver);
  if (!answer) return calls_->explain(std::move(answer)).error();
  // Upstream's agents may say the end with an empty answer.
  if (answer->data().empty()) return Error::make(Code::kOutOfRange, "end of stream");
  return std::move(*answer->mutable_data());
}

Result<> AgentClient::close_output(const ProcessId& id, Output which) {
  auto request = of_process<grpc::CloseOutputRequest>(id);
  request.set_stderr(which == Output::kStderr);
  return drop(calls_->explain(calls_->agent.close_output(request, calls_->usual())));
}

Result<size_t> AgentClient::write_stdin(const ProcessId& id, std::string_view data) {
  auto request = of_process<grpc::WriteStreamRequest>(id);
  request.set_data(data.data(), data.size());
  auto written = TRY(calls_->explain(calls_->agent.write_stdin(request, kForEver))).len();
  if (written <= data.size()) return static_cast<size_t>(written);
  return Error::make(Code::kDataLoss, concat("the agent says it wrote ", written, " of ", data.size(), " bytes"));
}

Result<> AgentClient::close_stdin(const ProcessId& id) {
  auto request = of_process<grpc::CloseStdinRequest>(id);
  return drop(calls_->explain(calls_->agent.close_stdin(request, calls_->usual())));
}

Result<UniqueFd> AgentClient::open_stream(const ProcessId& id, grpc::OpenStreamRequest::Which which) {
  if (!calls_->can_dial()) return Error::make(Code::kUnimplemented, "there is one connection only");
  auto request = of_process<grpc::OpenStreamRequest>(id);
  request.set_which(which);
  auto answer = TRY(calls_->explain(calls_->agent.open_stream(request, calls_->usual())));
  auto stream = TRY(calls_->dial(answer.port()));
  uint64_t key = htobe64(answer.key());
  uint64_t echo = 0;
  TRY(sys::write_all(stream.get(), &key, sizeof key));
  TRY(sys::read_exactly(stream.get(), &echo, sizeof echo));
  if (echo != key) return Error::make(Code::kDataLoss, "the agent answered with another key");
  return stream;
}

Result<UniqueFd> AgentClient::open_output(const ProcessId& id, Output which) {
  return open_stream(id, which == Output::kStdout ? grpc::OpenStreamRequest::STDOUT : grpc::OpenStreamRequest::STDERR);
}

Result<UniqueFd> AgentClient::open_stdin(const ProcessId& id) {
  return open_stream(id, grpc::OpenStreamRequest::STDIN);
}

Result<> AgentClient::update_interface(const types::Interface& interface) {
  grpc::UpdateInterfaceRequest request;
  *request.mutable_interface() = interface;
  return drop(calls_->explain(calls_->agent.update_interface(request, calls_->usual())));
}

Result<> AgentClient::update_routes(const grpc::Routes& routes) {
  grpc::UpdateRoutesRequest request;
  *request.mutable_routes() = routes;
  return drop(calls_->explain(calls_->agent.update_routes(request, calls_->usual())));
}

Result<> AgentClient::add_neighbours(const grpc::ARPNeighbors& neighbours) {
  grpc::AddARPNeighborsRequest request;
  *request.mutable_neighbors() = neighbours;
  return drop(calls_->explain(calls_->agent.add_arp_neighbors(request, calls_->usual())));
}

Result<grpc::GuestDetailsResponse> AgentClient::guest_details() {
  return calls_->explain(calls_->agent.get_guest_details({}, calls_->usual()));
}

Result<> AgentClient::set_online(uint32_t vcpus, bool vcpus_only) {
  grpc::OnlineCPUMemRequest request;
  request.set_wait(true);
  request.set_nb_cpus(vcpus);
  request.set_cpu_only(vcpus_only);
  request.set_exactly(true);
  TRY(calls_->explain(calls_->agent.online_cpu_mem(request, calls_->usual())));
  return {};
}

Result<> AgentClient::reseed(std::string_view entropy) {
  grpc::ReseedRandomDevRequest request;
  request.set_data(std::string(entropy));
  return drop(calls_->explain(calls_->agent.reseed_random_dev(request, calls_->usual())));
}

Result<> AgentClient::synchronise_clock() {
  constexpr int64_t kMicro = 1000000;
  auto now = std::chrono::system_clock::now().time_since_epoch();
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  grpc::SetGuestDateTimeRequest request;
  request.set_sec(micros / kMicro);
  request.set_usec(micros % kMicro);
  return drop(calls_->explain(calls_->agent.set_guest_date_time(request, calls_->usual())));
}

Result<std::string> AgentClient::oom_event() {
  auto answer = TRY(calls_->explain(calls_->agent.get_oom_event({}, kForEver)));
  return std::string(answer.container_id());
}

}  // namespace kata
