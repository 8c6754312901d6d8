// What two relays say to each other (relay.h): eight bytes of header, and a payload.
//
//   type, u8 | 0, u8 | length of the payload, u16 BE | stream, u32 BE
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::loopback {

enum class Type : uint8_t {
  kOffer = 1,   // all endpoints at which somebody listens here; `stream` counts the offers
  kTaken = 2,   // the offer of that number has been seen to
  kOpen = 3,    // a new stream; the payload is the endpoint that it leads to
  kData = 4,    // bytes of a stream, or one datagram
  kEnd = 5,     // no more bytes in this direction
  kReset = 6,   // the stream is given up in both directions
  kCredit = 7,  // so many more bytes may be sent, u32 BE
};

inline constexpr size_t kHeaderSize = 8;
inline constexpr size_t kMaxPayload = 0xffff;  // a UDP datagram fits in

struct Frame {
  Type type = Type::kData;
  uint32_t stream = 0;
  std::string_view payload;
};

void append_header(std::string& out, Type type, uint32_t stream, size_t length);
void append_frame(std::string& out, const Frame& frame);
std::string encode_number(uint32_t number);
Result<uint32_t> decode_number(std::string_view bytes);  // kDataLoss unless there are four

// Cuts a byte stream into frames. Not thread-safe.
class Decoder {
 public:
  // An error of `handle` ends it, and is returned; what was fed must not be asked for again. kDataLoss: no frame.
  Result<> feed(std::string_view bytes, const std::function<Result<>(const Frame&)>& handle);

 private:
  std::string partial_;  // less than a frame
};

}  // namespace kata::loopback
