#include <algorithm>

#include "agent/rpc/agent_calls.h"

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

Result<grpc::ReadStreamResponse> AgentCalls::read_stream(const grpc::ReadStreamRequest& request, Stream stream) {
  auto process = TRY(find_process(request.container_id(), request.exec_id()));
  auto limit = request.len() == 0 ? kDefaultRead : std::min<size_t>(request.len(), kMaxRead);
  auto data = process->read(stream, limit);
  if (data.ok() && !data->empty()) {
    grpc::ReadStreamResponse response;
    *response.mutable_data() = std::move(*data);
    return response;
  }
  if (!is_first(request.container_id(), request.exec_id())) {
    forget(request.container_id(), sandbox_.processes().ended(request.container_id(), request.exec_id(), stream));
  }
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

Result<Empty> AgentCalls::close_stdin(const Context& /*context*/, const grpc::CloseStdinRequest& request) {
  TRY(TRY(find_process(request.container_id(), request.exec_id()))->close_stdin());
  return Empty();
}

Result<Empty> AgentCalls::close_output(const Context& /*context*/, const grpc::CloseOutputRequest& request) {
  auto process = TRY(find_process(request.container_id(), request.exec_id()));
  TRY(process->close_output(request.stderr() ? Stream::kStderr : Stream::kStdout));
  return Empty();
}

Result<Empty> AgentCalls::tty_win_resize(const Context& /*context*/, const grpc::TtyWinResizeRequest& request) {
  TRY(TRY(find_process(request.container_id(), request.exec_id()))->resize(request.row(), request.column()));
  return Empty();
}

}  // namespace kata::agent
