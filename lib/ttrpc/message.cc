#include "lib/ttrpc/message.h"

#include <climits>

#include "lib/base/concat.h"

namespace kata::ttrpc {

Result<> decode(std::string_view payload, google::protobuf::MessageLite& into) {
  if (payload.size() > INT_MAX || !into.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Error::make(Code::kInvalidArgument, concat("malformed message ", into.GetTypeName()));
  }
  return {};
}

Result<std::string> encode(const google::protobuf::MessageLite& message) {
  std::string out;
  if (!message.SerializeToString(&out)) {
    return Error::make(Code::kInternal, concat("cannot encode message ", message.GetTypeName()));
  }
  return out;
}

Error unknown_method(std::string_view service, std::string_view method) {
  return Error::make(Code::kUnimplemented, concat("/", service, "/", method, " is not implemented"));
}

}  // namespace kata::ttrpc
