#include "lib/ttrpc/envelope.h"

#include "lib/proto/ttrpc.pb.h"
#include "lib/ttrpc/message.h"

namespace kata::ttrpc {

namespace {

// Appends the tag and length of a length-delimited field.
void append_field(std::string& out, int number, size_t length) {
  out.push_back(static_cast<char>(number << 3 | 2));  // wire type 2; numbers here are below 16
  while (length >= 0x80) {
    out.push_back(static_cast<char>((length & 0x7f) | 0x80));
    length >>= 7;
  }
  out.push_back(static_cast<char>(length));
}

Code code_of(int32_t status) {
  if (status < 0 || status > static_cast<int32_t>(Code::kDataLoss)) return Code::kUnknown;
  return static_cast<Code>(status);
}

}  // namespace

Split make_request(std::string_view service, std::string_view method, std::string_view payload,
                   std::chrono::nanoseconds timeout) {
  ::ttrpc::Request request;
  request.set_service(service.data(), service.size());
  request.set_method(method.data(), method.size());
  request.set_timeout_nano(timeout.count());
  Split out{request.SerializeAsString(), payload};
  append_field(out.head, ::ttrpc::Request::kPayloadFieldNumber, payload.size());
  return out;
}

Split make_response(const Result<std::string>& outcome) {
  ::ttrpc::Response response;
  auto* status = response.mutable_status();
  if (!outcome.ok()) {
    status->set_code(static_cast<int32_t>(outcome.error().code()));
    status->set_message(outcome.error().text());
    return {response.SerializeAsString(), {}};
  }
  Split out{response.SerializeAsString(), *outcome};
  append_field(out.head, ::ttrpc::Response::kPayloadFieldNumber, outcome->size());
  return out;
}

Result<Call> parse_request(std::string_view bytes) {
  ::ttrpc::Request request;
  TRY(decode(bytes, request));
  Call out;
  out.service = std::move(*request.mutable_service());
  out.method = std::move(*request.mutable_method());
  out.payload = std::move(*request.mutable_payload());
  out.context.timeout = std::chrono::nanoseconds(std::max<int64_t>(request.timeout_nano(), 0));
  for (const auto& entry : request.metadata()) out.context.metadata.emplace(entry.key(), entry.value());
  return out;
}

Result<std::string> parse_response(std::string_view bytes) {
  ::ttrpc::Response response;
  TRY(decode(bytes, response));
  if (response.status().code() == 0) return std::move(*response.mutable_payload());
  auto& message = *response.mutable_status()->mutable_message();
  if (message.empty()) message = code_name(code_of(response.status().code()));
  return Error::make(code_of(response.status().code()), std::move(message));
}

}  // namespace kata::ttrpc
