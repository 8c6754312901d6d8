// The few ttrpc calls that the stand-in makes, encoded by hand: protobuf's own runtime would cost
// more memory than everything else here. No allocation; every size is checked.
// Frames: https://github.com/containerd/ttrpc, PROTOCOL.md. Messages: lib/proto/shim.proto.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kata::standin {

inline constexpr size_t kFrameHeader = 10;    // length (4), stream (4), type (1), flags (1); big-endian
inline constexpr uint8_t kResponseFrame = 2;  // the type of an answer

struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// Wait, Kill, ResizePty and Delete have one shape: id = 1, exec_id = 2, a number = 3, a number = 4.
struct Call {
  const char* method;
  const char* id;
  const char* exec_id;
  uint64_t third = 0;
  uint64_t fourth = 0;
};

// A whole request frame for containerd.task.v2.Task. The number of bytes, 0 when `out` is too small.
size_t encode_call(uint8_t* out, size_t capacity, uint32_t stream, const Call& call);

struct FrameHeader {
  uint32_t length;  // of what follows the header
  uint32_t stream;
  uint8_t type;
};
FrameHeader decode_header(const uint8_t* bytes);

// ttrpc.Response. False when the bytes are no such message. What it points to is part of `frame`.
struct Reply {
  uint32_t code = 0;  // gRPC's; 0 is success
  Bytes message;
  Bytes payload;
};
bool decode_reply(Bytes frame, Reply& reply);

// containerd.task.v2.WaitResponse.
struct WaitReply {
  uint32_t exit_status = 0;
  Bytes cause;
};
bool decode_wait(Bytes payload, WaitReply& reply);

}  // namespace kata::standin
