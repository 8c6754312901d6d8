#include "runtime/agent_client/agent_client.h"

#include <endian.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/base/printable.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/proto/health.ttrpc.h"
#include "lib/sys/fd.h"
#include "runtime/agent_client/bounds.h"

namespace kata {

namespace {

constexpr std::chrono::seconds kCheck{30};
constexpr std::chrono::seconds kDefault{60};
constexpr std::chrono::seconds kLittle{30};
constexpr std::chrono::seconds kBrief{10};
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

// Upstream's agent ends each of its errors with the addresses that it passed.
std::string_view without_stack(std::string_view message) {
  return message.substr(0, message.find("\n\nStack backtrace:"));
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
  std::chrono::nanoseconds limit(Patience patience) const {
    if (patience == Patience::kForEver) return kForEver;
    if (patience == Patience::kBrief) return scaled(kBrief);
    return patience == Patience::kLittle ? scaled(kLittle) : usual();
  }
  std::chrono::nanoseconds create_container() const { return scaled(settings_.create_container); }
  ttrpc::Client& connection() { return *connection_; }
  Result<UniqueFd> dial(uint32_t port) const { return settings_.dial(port); }
  bool can_dial() const { return static_cast<bool>(settings_.dial); }

  // A lost connection says little; what ended the machine says all. What a guest says of an error reaches terminals,
  // logs and the pod's record, so here it becomes fit for them.
  template <typename T>
  Result<T> explain(Result<T> result) {
    if (result) return result;
    auto said = printable(without_stack(result.error().message()), kQuotedBytes);
    if (said != result.error().message()) return Error::make(result.error().code(), std::move(said));
    if (!result.error().is(Code::kUnavailable) || !settings_.why_lost) return result;
    auto cause = settings_.why_lost();
    if (!cause) return result;
    return cause->with_code(Code::kUnavailable);
  }

  grpc::AgentClient agent;
  grpc::HealthClient health;

  Mutex mutex;
  std::optional<bool> forgets_waited GUARDED_BY(mutex);
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

Result<> AgentClient::remove_container(const std::string& container, Patience patience) {
  auto request = of_container<grpc::RemoveContainerRequest>(container);
  return drop(calls_->explain(calls_->agent.remove_container(request, calls_->limit(patience))));
}

Result<> AgentClient::exec_process(const ProcessId& id, const grpc::Process& process, Patience patience) {
  auto request = of_process<grpc::ExecProcessRequest>(id);
  *request.mutable_process() = process;
  return drop(calls_->explain(calls_->agent.exec_process(request, calls_->limit(patience))));
}

Result<> AgentClient::signal_process(const ProcessId& id, uint32_t signal, Patience patience) {
  auto request = of_process<grpc::SignalProcessRequest>(id);
  request.set_signal(signal);
  return drop(calls_->explain(calls_->agent.signal_process(request, calls_->limit(patience))));
}

Result<ProcessEnd> AgentClient::wait_process(const ProcessId& id) {
  auto request = of_process<grpc::WaitProcessRequest>(id);
  auto answer = TRY(calls_->explain(calls_->agent.wait_process(request, kForEver)));
  return ProcessEnd{answer.status(), answer.oom_kills()};
}

Result<> AgentClient::update_container(const std::string& container, const grpc::LinuxResources& resources) {
  auto request = of_container<grpc::UpdateContainerRequest>(container);
  *request.mutable_resources() = resources;
  return drop(calls_->explain(calls_->agent.update_container(request, calls_->usual())));
}

Result<grpc::StatsContainerResponse> AgentClient::stats_container(const std::string& container) {
  auto request = of_container<grpc::StatsContainerRequest>(container);
  auto stats = calls_->explain(calls_->agent.stats_container(request, calls_->usual()));
  if (stats) bound(*stats);
  return stats;
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

// Whoever knows OpenStream is ours, and says that there is no such process.
bool AgentClient::forgets_waited() {
  MutexLock lock(calls_->mutex);
  auto& forgets = calls_->forgets_waited;
  if (!forgets) {
    lock.unlock();
    auto answer = calls_->agent.open_stream({}, calls_->usual());
    lock.lock();
    forgets = !answer && answer.error().is(Code::kUnimplemented);
  }
  return *forgets;
}

Result<UniqueFd> AgentClient::open_stream(const ProcessId& id, grpc::OpenStreamRequest::Which which) {
  if (!calls_->can_dial()) return Error::make(Code::kUnimplemented, "there is one connection only");
  auto request = of_process<grpc::OpenStreamRequest>(id);
  request.set_which(which);
  return claim(TRY(calls_->explain(calls_->agent.open_stream(request, calls_->usual()))));
}

Result<UniqueFd> AgentClient::claim(const grpc::OpenStreamResponse& announced) {
  auto stream = TRY(calls_->dial(announced.port()));
  uint64_t key = htobe64(announced.key());
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

Result<UniqueFd> AgentClient::open_loopback() {
  if (!calls_->can_dial()) return Error::make(Code::kUnimplemented, "there is one connection only");
  return claim(TRY(calls_->explain(calls_->agent.open_loopback({}, calls_->usual()))));
}

Result<grpc::UpdateNetworkResponse> AgentClient::update_network(const grpc::UpdateNetworkRequest& request) {
  return calls_->explain(calls_->agent.update_network(request, calls_->usual()));
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

Result<std::string> AgentClient::termination_log(const std::string& container) {
  auto request = of_container<grpc::GetDiagnosticDataRequest>(container);
  request.set_log_type("termination-log");
  auto answer = TRY(calls_->explain(calls_->agent.get_diagnostic_data(request, calls_->usual())));
  return std::move(*answer.mutable_data());
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

// The quickest of three answers says it best.
Result<std::optional<ClockOffset>> AgentClient::clock_offset() {
  std::optional<ClockOffset> best;
  for (int i = 0; i < 3; ++i) {
    ClockSample sample;
    sample.asked = std::chrono::system_clock::now();
    auto details = guest_details();
    sample.answered = std::chrono::system_clock::now();
    if (!details && !details.error().is(Code::kUnimplemented)) return details.error();
    if (!details || details->realtime_ns() == 0) return std::optional<ClockOffset>();
    sample.guest = std::chrono::system_clock::time_point(std::chrono::nanoseconds(details->realtime_ns()));
    auto offset = offset_of(sample);
    // A host's clock that is set back meanwhile makes an answer come before its question.
    bool usable = offset.unsure.count() >= 0 && (!best || offset.unsure < best->unsure);
    if (usable) best = offset;
  }
  return best;
}

Result<> AgentClient::correct_clock(const ClockCorrection& correction) {
  if (correction.how == ClockCorrection::How::kNone) return {};
  grpc::SetGuestDateTimeRequest request;
  request.set_move_ns(correction.by.count());
  request.set_gently(correction.how == ClockCorrection::How::kSlew);
  log::debug("agent", "the guest's clock is corrected",
             {{"by_us", concat(std::chrono::duration_cast<std::chrono::microseconds>(correction.by).count())},
              {"at_once", request.gently() ? "no" : "yes"}});
  return drop(calls_->explain(calls_->agent.set_guest_date_time(request, calls_->usual())));
}

// An agent that does not tell its time is told ours, with half of the time that the last such call took.
Result<> AgentClient::set_clock() {
  using std::chrono::system_clock;
  constexpr int64_t kMicro = 1000000;
  std::chrono::nanoseconds half{0};
  for (int i = 0; i < 2; ++i) {
    auto start = std::chrono::steady_clock::now();
    auto now = (system_clock::now() + half).time_since_epoch();
    auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    grpc::SetGuestDateTimeRequest request;
    request.set_sec(micros / kMicro);
    request.set_usec(micros % kMicro);
    TRY(calls_->explain(calls_->agent.set_guest_date_time(request, calls_->usual())));
    half = (std::chrono::steady_clock::now() - start) / 2;
  }
  return {};
}

Result<> AgentClient::synchronise_clock() {
  auto offset = TRY(clock_offset());
  return offset ? correct_clock(choose_correction(*offset, false)) : set_clock();
}

Result<> AgentClient::keep_clock(bool stepped) {
  auto offset = TRY(clock_offset());
  if (offset) return correct_clock(choose_correction(*offset, true));
  return stepped ? set_clock() : Result<>{};
}

Result<OomKill> AgentClient::oom_event() {
  auto answer = TRY(calls_->explain(calls_->agent.get_oom_event({}, kForEver)));
  return OomKill{answer.container_id(), answer.kills()};
}

}  // namespace kata
