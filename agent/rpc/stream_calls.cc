#include <algorithm>

#include "agent/rpc/agent_calls.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"

namespace kata::agent {

namespace {
// An answer has to fit into a ttrpc message of 4 MiB with room for what is around it.
constexpr size_t kMaxRead = 1U << 20U;
constexpr size_t kDefaultRead = 32U << 10U;
}  // namespace

Result<grpc::WriteStreamResponse> AgentCalls::write_stdin(const Context& /*context*/,
                                                          const grpc::WriteStreamRequest& request) {
  auto process = TRY(find_process(request.container_id(), request.exec_id()));
  grpc::WriteStreamResponse response;
  response.set_len(static_cast<uint32_t>(TRY(process->write_stdin(request.data()))));
  return response;
}

void AgentCalls::stream_ended(const std::string& container, const std::string& exec_id, Stream stream) {
  if (oci::is_first_process(container, exec_id)) return;
  forget(container, sandbox_.processes().ended(container, exec_id, stream));
}

Result<grpc::ReadStreamResponse> AgentCalls::read_stream(const grpc::ReadStreamRequest& request, Stream stream) {
  auto process = TRY(find_process(request.container_id(), request.exec_id()));
  auto limit = request.len() == 0 ? kDefaultRead : std::min<size_t>(request.len(), kMaxRead);
  auto data = process->read(stream, limit);
  if (data.ok() && !data->empty()) {
    grpc::ReadStreamResponse response;
    *response.mutable_data() = std::move(*data);
    return response;
  }
  stream_ended(request.container_id(), request.exec_id(), stream);
  if (!data.ok()) return data.error();
  return Error::make(Code::kOutOfRange, "end of stream");
}

Result<grpc::ReadStreamResponse> AgentCalls::read_stdout(const Context& /*context*/,
                                                         const grpc::ReadStreamRequest& request) {
  return read_stream(request, Stream::kStdout);
}

Result<grpc::ReadStreamResponse> AgentCalls::read_stderr(const Context& /*context*/,
                                                         const grpc::ReadStreamRequest& request) {
  return read_stream(request, Stream::kStderr);
}

Result<grpc::OpenStreamResponse> AgentCalls::open_stream(const Context& /*context*/,
                                                         const grpc::OpenStreamRequest& request) {
  auto process = TRY(find_process(request.container_id(), request.exec_id()));
  auto carry = [this, weak = std::weak_ptr(process), request](int connection) {
    auto process = weak.lock();
    if (!process) return;
    auto stream = request.which() == grpc::OpenStreamRequest::STDERR ? Stream::kStderr : Stream::kStdout;
    bool input = request.which() == grpc::OpenStreamRequest::STDIN;
    auto carried = input ? process->carry_stdin(connection) : process->carry_output(stream, connection);
    if (!carried.ok()) log::debug("stream", carried.error().message(), {{"exec", request.exec_id()}});
    if (!input) stream_ended(request.container_id(), request.exec_id(), stream);
  };
  grpc::OpenStreamResponse response;
  response.set_key(TRY(byte_streams_.announce(std::move(carry))));
  response.set_port(sandbox_.options().stream_port);
  return response;
}

Result<Empty> AgentCalls::close_stdin(const Context& /*context*/, const grpc::CloseStdinRequest& request) {
  TRY(find_process(request.container_id(), request.exec_id()))->close_stdin();
  return Empty();
}

Result<Empty> AgentCalls::close_output(const Context& /*context*/, const grpc::CloseOutputRequest& request) {
  auto process = TRY(find_process(request.container_id(), request.exec_id()));
  process->close_output(request.stderr() ? Stream::kStderr : Stream::kStdout);
  return Empty();
}

Result<Empty> AgentCalls::tty_win_resize(const Context& /*context*/, const grpc::TtyWinResizeRequest& request) {
  TRY(TRY(find_process(request.container_id(), request.exec_id()))->resize(request.row(), request.column()));
  return Empty();
}

}  // namespace kata::agent
