#include "cli/standin/shim_link.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kata::standin {

uint32_t ShimLink::call(const char* method, uint64_t third, uint64_t fourth) {
  uint8_t request[4096];
  uint32_t stream = next_stream_;
  next_stream_ += 2;
  size_t size = encode_call(request, sizeof request, stream, {method, id_, exec_id_, third, fourth});
  if (lost_ || size == 0) return 0;
  if (::send(socket_, request, size, MSG_NOSIGNAL) < 0) lost_ = true;
  return stream;
}

void ShimLink::receive() {
  uint8_t chunk[4096];
  while (true) {
    auto got = ::recv(socket_, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got > 0) {
      take(chunk, static_cast<size_t>(got));
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || errno != EAGAIN) lost_ = true;
    return;
  }
}

void ShimLink::take(const uint8_t* data, size_t size) {
  while (size > 0) {
    uint64_t wanted = kFrameHeader;
    if (received_ >= kFrameHeader) wanted += decode_header(frame_).length;
    size_t part = static_cast<size_t>(std::min<uint64_t>(size, wanted - received_));
    size_t keep = std::min(part, sizeof frame_ - kept_);
    std::memcpy(frame_ + kept_, data, keep);
    kept_ += keep;
    received_ += part;
    data += part;
    size -= part;
    if (received_ >= kFrameHeader && received_ == kFrameHeader + decode_header(frame_).length) finish_frame();
  }
}

void ShimLink::finish_frame() {
  auto header = decode_header(frame_);
  Reply reply;
  bool valid = kept_ == received_ && decode_reply({frame_ + kFrameHeader, kept_ - kFrameHeader}, reply);
  kept_ = 0;
  received_ = 0;
  if (header.type != kResponseFrame) return;
  if (header.stream == wait_stream_) answer_wait(reply, valid);
  if (header.stream == delete_stream_) removed_ = true;
}

void ShimLink::answer_wait(const Reply& reply, bool valid) {
  constexpr char kMalformed[] = "the shim's answer is malformed";
  ended_ = true;
  WaitReply wait;
  if (valid && reply.code != 0) {
    keep_cause(reply.message);
  } else if (!valid || !decode_wait(reply.payload, wait)) {
    keep_cause({reinterpret_cast<const uint8_t*>(kMalformed), sizeof kMalformed - 1});
  } else {
    keep_cause(wait.cause);
    exit_status_ = static_cast<int>(wait.exit_status & 0xffU);
    if (wait.cause.size > 0 && exit_status_ == 0) exit_status_ = 255;
  }
}

void ShimLink::keep_cause(Bytes text) {
  cause_size_ = std::min(text.size, sizeof cause_);
  if (cause_size_ > 0) std::memcpy(cause_, text.data, cause_size_);
}

}  // namespace kata::standin
