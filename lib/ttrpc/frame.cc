#include "lib/ttrpc/frame.h"

#include <endian.h>

#include <cstring>

#include "lib/base/concat.h"

namespace kata::ttrpc {

HeaderBytes encode_header(const FrameHeader& header) {
  HeaderBytes out{};
  uint32_t length = htobe32(header.length);
  uint32_t stream = htobe32(header.stream);
  std::memcpy(out.data(), &length, sizeof length);
  std::memcpy(out.data() + 4, &stream, sizeof stream);
  out[8] = header.type;
  out[9] = header.flags;
  return out;
}

FrameHeader decode_header(const HeaderBytes& bytes) {
  uint32_t length = 0;
  uint32_t stream = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  std::memcpy(&stream, bytes.data() + 4, sizeof stream);
  return {be32toh(length), be32toh(stream), bytes[8], bytes[9]};
}

Error too_long(uint64_t length) {
  return Error::make(Code::kResourceExhausted,
                     concat("ttrpc message of ", length, " bytes is over the limit of ", kMaxPayload));
}

}  // namespace kata::ttrpc
