#include "lib/loopback/frame.h"

#include <algorithm>

#include "lib/base/concat.h"

namespace kata::loopback {

namespace {

uint32_t big_endian(std::string_view bytes) {
  uint32_t out = 0;
  for (char byte : bytes) out = out << 8U | static_cast<uint8_t>(byte);
  return out;
}

void append_big_endian(std::string& out, uint32_t number, unsigned bytes) {
  while (bytes-- > 0) out += static_cast<char>(number >> (8U * bytes) & 0xffU);
}

// The frame at the front of `bytes`, and its size; 0 when it is not complete.
Result<size_t> take_frame(std::string_view bytes, Frame& frame) {
  if (bytes.size() < kHeaderSize) return size_t{0};
  auto type = static_cast<uint8_t>(bytes[0]);
  if (type < static_cast<uint8_t>(Type::kOffer) || type > static_cast<uint8_t>(Type::kCredit) || bytes[1] != 0) {
    return Error::make(Code::kDataLoss, concat("a frame of the unknown type ", type));
  }
  size_t length = big_endian(bytes.substr(2, 2));
  if (bytes.size() < kHeaderSize + length) return size_t{0};
  frame = {static_cast<Type>(type), big_endian(bytes.substr(4, 4)), bytes.substr(kHeaderSize, length)};
  return kHeaderSize + length;
}

}  // namespace

void append_header(std::string& out, Type type, uint32_t stream, size_t length) {
  out += static_cast<char>(type);
  out += '\0';
  append_big_endian(out, static_cast<uint32_t>(length), 2);
  append_big_endian(out, stream, 4);
}

void append_frame(std::string& out, const Frame& frame) {
  append_header(out, frame.type, frame.stream, frame.payload.size());
  out.append(frame.payload);
}

std::string encode_number(uint32_t number) {
  std::string out;
  append_big_endian(out, number, 4);
  return out;
}

Result<uint32_t> decode_number(std::string_view bytes) {
  if (bytes.size() != 4) return Error::make(Code::kDataLoss, concat("a number of ", bytes.size(), " bytes"));
  return big_endian(bytes);
}

Result<> Decoder::feed(std::string_view bytes, const std::function<Result<>(const Frame&)>& handle) {
  // Only what is cut in two is copied.
  std::string joined;
  if (!partial_.empty()) {
    joined = std::move(partial_);
    joined.append(bytes);
    bytes = joined;
    partial_.clear();
  }
  for (;;) {
    Frame frame;
    auto size = TRY(take_frame(bytes, frame));
    if (size == 0) break;
    TRY(handle(frame));
    bytes.remove_prefix(size);
  }
  partial_ = bytes;
  return {};
}

}  // namespace kata::loopback
