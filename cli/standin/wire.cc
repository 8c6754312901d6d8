#include "cli/standin/wire.h"

#include <cstring>

namespace kata::standin {

namespace {

constexpr char kService[] = "containerd.task.v2.Task";
constexpr uint8_t kRequestFrame = 1;
constexpr size_t kMaxCall = 4096;  // two ids of 1024 characters and a few numbers

// Protobuf's wire types: https://protobuf.dev/programming-guides/encoding/
enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

class Encoder {
 public:
  Encoder(uint8_t* out, size_t capacity) : out_(out), capacity_(capacity) {}

  void number(uint32_t field, uint64_t value) {
    if (value == 0) return;  // proto3 leaves defaults out
    varint(field << 3U | kVarint);
    varint(value);
  }
  void bytes(uint32_t field, const void* data, size_t size) {
    if (size == 0) return;
    varint(field << 3U | kLength);
    varint(size);
    raw(data, size);
  }
  void text(uint32_t field, const char* value) { bytes(field, value, std::strlen(value)); }
  void raw(const void* data, size_t size) {
    if (size > capacity_ - size_) {
      full_ = true;
      return;
    }
    std::memcpy(out_ + size_, data, size);
    size_ += size;
  }
  // 0 when something did not fit.
  size_t size() const { return full_ ? 0 : size_; }

 private:
  void varint(uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<uint8_t>(value | 0x80));
      value >>= 7U;
    }
    byte(static_cast<uint8_t>(value));
  }
  void byte(uint8_t value) { raw(&value, 1); }

  uint8_t* out_;
  size_t capacity_;
  size_t size_ = 0;
  bool full_ = false;
};

struct Field {
  uint32_t number;
  uint64_t value;  // of a varint
  Bytes bytes;     // of a length-delimited field
};

// Walks over the fields of a message; next() is false at its end or at the first malformed byte.
class Decoder {
 public:
  explicit Decoder(Bytes message) : at_(message.data), end_(message.data + message.size) {}

  bool next(Field& field) {
    if (at_ == end_) return false;
    uint64_t tag = 0;
    if (!varint(tag)) return false;
    field = {static_cast<uint32_t>(tag >> 3U), 0, {}};
    switch (tag & 7U) {
      case kVarint:
        return varint(field.value);
      case kLength:
        return varint(field.value) && take(field.value, field.bytes);
      case kFixed64:
        return take(8, field.bytes);
      case kFixed32:
        return take(4, field.bytes);
      default:
        return fail();
    }
  }
  bool malformed() const { return malformed_; }

 private:
  bool varint(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return fail();
      value |= static_cast<uint64_t>(*at_ & 0x7fU) << shift;
      if ((*at_++ & 0x80U) == 0) return true;
    }
    return fail();
  }
  bool take(uint64_t size, Bytes& bytes) {
    if (size > static_cast<uint64_t>(end_ - at_)) return fail();
    bytes = {at_, static_cast<size_t>(size)};
    at_ += size;
    return true;
  }
  bool fail() {
    malformed_ = true;
    return false;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool malformed_ = false;
};

void put_big_endian(uint8_t* out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

uint32_t get_big_endian(const uint8_t* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8U | bytes[i];
  return value;
}

bool decode_status(Bytes message, Reply& reply) {
  Decoder decoder(message);
  for (Field field{}; decoder.next(field);) {
    if (field.number == 1) reply.code = static_cast<uint32_t>(field.value);
    if (field.number == 2) reply.message = field.bytes;
  }
  return !decoder.malformed();
}

}  // namespace

size_t encode_call(uint8_t* out, size_t capacity, uint32_t stream, const Call& call) {
  uint8_t message[kMaxCall];
  Encoder inner(message, sizeof message);
  inner.text(1, call.id);
  inner.text(2, call.exec_id);
  inner.number(3, call.third);
  inner.number(4, call.fourth);
  if (capacity < kFrameHeader || inner.size() == 0) return 0;

  Encoder request(out + kFrameHeader, capacity - kFrameHeader);
  request.text(1, kService);
  request.text(2, call.method);
  request.bytes(3, message, inner.size());
  if (request.size() == 0) return 0;
  put_big_endian(out, static_cast<uint32_t>(request.size()));
  put_big_endian(out + 4, stream);
  out[8] = kRequestFrame;
  out[9] = 0;
  return kFrameHeader + request.size();
}

FrameHeader decode_header(const uint8_t* bytes) { return {get_big_endian(bytes), get_big_endian(bytes + 4), bytes[8]}; }

bool decode_reply(Bytes frame, Reply& reply) {
  Decoder decoder(frame);
  for (Field field{}; decoder.next(field);) {
    if (field.number == 1 && !decode_status(field.bytes, reply)) return false;
    if (field.number == 2) reply.payload = field.bytes;
  }
  return !decoder.malformed();
}

bool decode_wait(Bytes payload, WaitReply& reply) {
  constexpr uint32_t kCauseField = 1001;
  Decoder decoder(payload);
  for (Field field{}; decoder.next(field);) {
    if (field.number == 1) reply.exit_status = static_cast<uint32_t>(field.value);
    if (field.number == kCauseField) reply.cause = field.bytes;
  }
  return !decoder.malformed();
}

}  // namespace kata::standin
