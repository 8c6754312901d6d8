// Moves one stream of bytes from a descriptor to another, without losing or copying more than it must.
// One thread drives several relays with poll(): wanted() says what to wait for, proceed() does a step
// and never blocks.
#pragma once

#include <poll.h>

#include <cstddef>

namespace kata::standin {

class Relay {
 public:
  // Owns both descriptors from here on. A pipe or terminal among them is opened anew, so that
  // non-blocking mode does not reach the others who share it.
  void open(int source, int sink);
  // When the sink fails, swallow the rest instead of closing the source: a terminal that hung up.
  void swallow_on_error() { swallow_ = true; }

  bool active() const { return source_ >= 0; }
  // True while bytes wait for a slow sink; false while it waits for the source.
  bool blocked_by_sink() const { return active() && (source_ready_ || start_ < end_); }
  // fd -1 when there is nothing to wait for (ended, or a terminal whose foreground is another job).
  pollfd wanted() const;
  void proceed();
  void close();

 private:
  bool move_by_splice();  // false: not possible for this pair, use the buffer
  void move_by_buffer();
  void flush();
  void sink_failed();
  bool in_background() const;

  int source_ = -1;
  int sink_ = -1;
  bool source_is_socket_ = false;
  bool sink_is_socket_ = false;
  bool source_is_terminal_ = false;
  bool splice_ = false;
  bool swallow_ = false;
  bool swallowing_ = false;
  bool source_ready_ = false;
  char buffer_[8192];
  size_t start_ = 0;
  size_t end_ = 0;
};

}  // namespace kata::standin
