// Protobuf messages to and from call payloads; used by the code that protoc-gen-kata-ttrpc writes.
// Thread-safe.
#pragma once

#include <google/protobuf/message_lite.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/ttrpc/client.h"

namespace kata::ttrpc {

// kInvalidArgument, naming the message's type, when `payload` is not a message of that type.
Result<> decode(std::string_view payload, google::protobuf::MessageLite& into);
Result<std::string> encode(const google::protobuf::MessageLite& message);

template <typename Message>
Result<std::string> encode(const Result<Message>& message) {
  if (!message.ok()) return message.error();
  return encode(static_cast<const google::protobuf::MessageLite&>(*message));
}

template <typename Response>
Result<Response> call(Client& client, std::string_view service, std::string_view method,
                      const google::protobuf::MessageLite& request, std::chrono::nanoseconds timeout) {
  auto answer = TRY(client.call(service, method, TRY(encode(request)), timeout));
  Response response;
  TRY(decode(answer, response));
  return response;
}

Error unknown_method(std::string_view service, std::string_view method);  // kUnimplemented

}  // namespace kata::ttrpc
