// One TCP connection, of which this side has one end.
#pragma once

#include <string>

#include "lib/base/unique_fd.h"
#include "lib/loopback/conversation.h"

namespace kata::loopback {

// What a side may send ahead of what the other one's program has taken.
inline constexpr uint32_t kWindow = 64U << 10U;

class TcpStream final : public Conversation {
 public:
  enum class State { kConnecting, kOpen };
  TcpStream(uint32_t id, UniqueFd socket, State state);

  bool is_stream() const override { return true; }
  int fd() const override { return socket_.get(); }
  short events(bool room) const override;
  void handle(short revents, Outbox& out) override;

  void deliver(std::string_view bytes, Outbox& out) override;
  void end_of_input(Outbox& out) override;
  void widen(uint32_t bytes) override;
  void reset() override;

 private:
  bool wants_read(bool room) const { return room && !connecting_ && !local_end_ && send_window_ > 0; }
  size_t pending() const { return inbound_.size() - written_; }
  bool wants_write() const { return pending() > 0 || (remote_end_ && !end_passed_); }
  void read_once(Outbox& out);
  void write_pending(Outbox& out);
  void took(size_t bytes, Outbox& out);
  void drop_what_was_written();

  UniqueFd socket_;
  bool connecting_;
  std::string inbound_;  // what the socket did not take yet, from written_ on
  size_t written_ = 0;
  uint64_t send_window_ = kWindow;
  uint32_t receive_window_ = kWindow;
  uint32_t taken_ = 0;       // by the socket, and not granted again yet
  bool local_end_ = false;   // told
  bool remote_end_ = false;  // heard
  bool end_passed_ = false;  // and the program sees it
};

}  // namespace kata::loopback
