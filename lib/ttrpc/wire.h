// Frames over a connected stream socket, shared by the client and the server.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "lib/base/defer.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/ttrpc/envelope.h"
#include "lib/ttrpc/frame.h"

namespace kata::ttrpc {

struct Frame {
  FrameHeader header;
  std::string payload;    // empty when too_long
  bool too_long = false;  // the payload was over the limit and has been skipped
};

// One thread reads; any thread writes; close() from any thread ends both.
class Wire {
 public:
  using Clock = std::chrono::steady_clock;
  using Deadline = std::optional<Clock::time_point>;

  explicit Wire(UniqueFd socket) : socket_(std::move(socket)) {}

  // Blocks. The other side's end is kUnavailable.
  Result<Frame> read();

  // Writes one frame of `type` under `pick_stream()`, which is called in the order of writing.
  // When the deadline comes before the first byte: kDeadlineExceeded and nothing was sent; within a
  // frame: the wire is closed, for nothing that follows would make sense. A reader that takes
  // nothing for the write time-out also closes it.
  template <typename PickStream>
  Result<> write(FrameType type, const Split& message, Deadline deadline, PickStream pick_stream);

  // How long a peer may refuse to read before it counts as dead; for ever when unset.
  void set_write_timeout(std::chrono::milliseconds timeout) { write_timeout_ms_ = timeout.count(); }

  void stop_reading();  // read() ends; writing goes on
  void close();         // everything ends at once
  bool closed() const { return closed_; }

 private:
  // One frame at a time. A turn is a flag, and no lock that is held, because it is waited for with a deadline.
  Result<> take_turn(Deadline deadline) EXCLUDES(turn_mutex_);
  void end_turn() EXCLUDES(turn_mutex_);
  Result<> send_frame(const HeaderBytes& header, const Split& message, Deadline deadline);
  Result<> wait_writable(Deadline deadline);
  Result<> read_exactly(void* buffer, size_t length);
  Result<> skip(uint64_t length);

  UniqueFd socket_;
  Mutex turn_mutex_;
  Condition turn_ended_;
  bool writing_ GUARDED_BY(turn_mutex_) = false;
  std::atomic<bool> closed_ = false;
  std::atomic<int64_t> write_timeout_ms_ = -1;
};

template <typename PickStream>
Result<> Wire::write(FrameType type, const Split& message, Deadline deadline, PickStream pick_stream) {
  if (message.size() > kMaxPayload) return too_long(message.size());
  TRY(take_turn(deadline));
  Defer turn([this] { end_turn(); });
  FrameHeader header{static_cast<uint32_t>(message.size()), pick_stream(), static_cast<uint8_t>(type), 0};
  return send_frame(encode_header(header), message, deadline);
}

}  // namespace kata::ttrpc
