// ttrpc's frames: ten bytes of header, then a payload.
// https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md
//
//   length of the payload, u32 BE | stream, u32 BE | type, u8 | flags, u8
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace kata::ttrpc {

constexpr size_t kHeaderSize = 10;
constexpr uint32_t kMaxPayload = 4 << 20;  // the protocol's limit

enum class FrameType : uint8_t { kRequest = 1, kResponse = 2, kData = 3 };

struct FrameHeader {
  uint32_t length = 0;
  uint32_t stream = 0;
  uint8_t type = 0;   // of a FrameType, or unknown
  uint8_t flags = 0;  // only streaming calls, which we have not, give them a meaning

  bool is(FrameType wanted) const { return type == static_cast<uint8_t>(wanted); }
};

using HeaderBytes = std::array<uint8_t, kHeaderSize>;
HeaderBytes encode_header(const FrameHeader& header);
FrameHeader decode_header(const HeaderBytes& bytes);

// kResourceExhausted, saying the size.
Error too_long(uint64_t length);

}  // namespace kata::ttrpc
