// Frames on their way to the other side. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/loopback/frame.h"

namespace kata::loopback {

class Outbox {
 public:
  void push(Type type, uint32_t stream, std::string_view payload = {}) {
    append_frame(bytes_, {type, stream, payload});
  }
  // One data frame of at most `limit` bytes that the socket has, read straight to where they are sent from. 0 at its
  // end.
  Result<size_t> push_from(int socket, uint32_t stream, size_t limit);

  // Sends what the connection takes now.
  Result<> flush(int connection);

  size_t size() const { return bytes_.size() - sent_; }
  bool empty() const { return size() == 0; }
  // Streams wait when there is that much; what must be said is said.
  bool has_room() const { return size() < kRoom; }
  // The other side does not read: no more is asked of it. An honest one never comes here.
  bool is_stuck() const { return size() > kMost; }

 private:
  static constexpr size_t kRoom = 256U << 10U;
  static constexpr size_t kMost = 1U << 20U;

  std::string bytes_;
  size_t sent_ = 0;
};

}  // namespace kata::loopback
