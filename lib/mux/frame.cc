#include "lib/mux/frame.h"

#include <endian.h>

#include <algorithm>
#include <cstring>

#include "lib/base/concat.h"

namespace kata::mux {

HeaderBytes encode_header(const Header& header) {
  uint16_t flags = htobe16(header.flags);
  uint32_t stream = htobe32(header.stream);
  uint32_t length = htobe32(header.length);
  HeaderBytes out{};  // version 0
  out[1] = static_cast<uint8_t>(header.type);
  std::memcpy(out.data() + 2, &flags, sizeof flags);
  std::memcpy(out.data() + 4, &stream, sizeof stream);
  std::memcpy(out.data() + 8, &length, sizeof length);
  return out;
}

Result<Header> decode_header(const HeaderBytes& bytes) {
  if (bytes[0] != 0) return Error::make(Code::kDataLoss, concat("yamux version ", bytes[0], " is not known"));
  if (bytes[1] > static_cast<uint8_t>(Type::kGoAway)) {
    return Error::make(Code::kDataLoss, concat("yamux frame type ", bytes[1], " is not known"));
  }
  uint16_t flags = 0;
  uint32_t stream = 0;
  uint32_t length = 0;
  std::memcpy(&flags, bytes.data() + 2, sizeof flags);
  std::memcpy(&stream, bytes.data() + 4, sizeof stream);
  std::memcpy(&length, bytes.data() + 8, sizeof length);
  return Header{static_cast<Type>(bytes[1]), be16toh(flags), be32toh(stream), be32toh(length)};
}

Result<> Decoder::take_header(std::string_view& bytes, Sink& sink) {
  auto part = std::min(bytes.size(), kHeaderSize - have_);
  std::memcpy(partial_.data() + have_, bytes.data(), part);
  bytes.remove_prefix(part);
  have_ += part;
  if (have_ < kHeaderSize) return {};
  have_ = 0;
  current_ = TRY(decode_header(partial_));
  TRY(sink.on_header(current_));
  payload_left_ = current_.type == Type::kData ? current_.length : 0;
  if (payload_left_ == 0) sink.on_end(current_);
  return {};
}

Result<> Decoder::feed(std::string_view bytes, Sink& sink) {
  while (!bytes.empty()) {
    if (payload_left_ == 0) {
      TRY(take_header(bytes, sink));
      continue;
    }
    auto part = std::min<size_t>(bytes.size(), payload_left_);
    sink.on_payload(current_, bytes.substr(0, part));
    bytes.remove_prefix(part);
    payload_left_ -= static_cast<uint32_t>(part);
    if (payload_left_ == 0) sink.on_end(current_);
  }
  return {};
}

}  // namespace kata::mux
