// The Request and Response messages inside frames (lib/proto/ttrpc.proto), and the errors in them.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/ttrpc/server.h"

namespace kata::ttrpc {

// A message that ends with a payload field: `head` holds everything before the payload's bytes, so
// that megabytes are sent from where they are.
struct Split {
  std::string head;
  std::string_view payload;
  uint64_t size() const { return head.size() + payload.size(); }
};

Split make_request(std::string_view service, std::string_view method, std::string_view payload,
                   std::chrono::nanoseconds timeout);
Split make_response(const Result<std::string>& outcome);

struct Call {
  std::string service;
  std::string method;
  std::string payload;
  Context context;
};
Result<Call> parse_request(std::string_view bytes);

// The payload, or the status as an Error: the code and the message it was made from.
Result<std::string> parse_response(std::string_view bytes);

}  // namespace kata::ttrpc
