// yamux's frames: twelve bytes of header, and behind a data frame's header its payload.
// https://github.com/hashicorp/yamux/blob/master/spec.md
//
//   version, u8 | type, u8 | flags, u16 BE | stream, u32 BE | length, u32 BE
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

namespace kata::mux {

constexpr size_t kHeaderSize = 12;
constexpr uint32_t kInitialWindow = 256 << 10;  // the specification's
// What this side grants each stream, so that 1 ms of latency still allows 1 GB/s.
constexpr uint32_t kWindow = 1 << 20;

enum class Type : uint8_t { kData = 0, kWindowUpdate = 1, kPing = 2, kGoAway = 3 };

constexpr uint16_t kSyn = 1;
constexpr uint16_t kAck = 2;
constexpr uint16_t kFin = 4;
constexpr uint16_t kRst = 8;

struct Header {
  Type type = Type::kData;
  uint16_t flags = 0;
  uint32_t stream = 0;  // 0: the session itself (ping, go away)
  uint32_t length = 0;  // data: bytes that follow; window update: bytes granted; ping: a value to return

  bool has(uint16_t flag) const { return (flags & flag) != 0; }
};

using HeaderBytes = std::array<uint8_t, kHeaderSize>;
HeaderBytes encode_header(const Header& header);
Result<Header> decode_header(const HeaderBytes& bytes);  // kDataLoss: not yamux

// Cuts a byte stream into frames. Payloads are passed on in the pieces in which they come.
// An error ends it: what follows cannot be understood. Not thread-safe.
class Decoder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual Result<> on_header(const Header& header) = 0;
    virtual void on_payload(const Header& header, std::string_view piece) = 0;
    virtual void on_end(const Header& header) = 0;  // after the payload, if any
  };
  Result<> feed(std::string_view bytes, Sink& sink);

 private:
  Result<> take_header(std::string_view& bytes, Sink& sink);

  HeaderBytes partial_{};
  size_t have_ = 0;  // of partial_
  Header current_;
  uint32_t payload_left_ = 0;
};

}  // namespace kata::mux
