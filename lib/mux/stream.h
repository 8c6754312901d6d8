// One stream of a mux: the hand-shake lines, the socket towards the user, the windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/mux/frame.h"
#include "lib/mux/outbox.h"

namespace kata::mux {

// Guarded by the session's lock. Bytes flow both ways between the outbox / on_payload and the inner
// end of a socket pair, whose outer end the user has.
class Stream {
 public:
  Stream(uint32_t id, bool dialed) : id_(id), dialed_(dialed) {}

  uint32_t id() const { return id_; }
  bool dialed() const { return dialed_; }
  bool open() const { return open_; }
  int socket() const { return inner_.get(); }

  // --- hand-shake ---
  // Collects the first line; what follows it in `bytes` is left there. kDataLoss when it grows too long.
  Result<std::optional<std::string>> take_line(std::string_view& bytes);
  // Makes the socket pair and gives the user's end.
  Result<UniqueFd> establish();

  // --- from the other side ---
  bool admits(uint32_t length) const { return length <= receive_window_; }
  void count_received(uint32_t length) { receive_window_ -= length; }
  void deliver(std::string_view bytes);
  void drop(size_t length) { consumed_ += static_cast<uint32_t>(length); }  // bytes that need no delivery
  void end_of_input();                                                      // FIN
  void reset();                                                             // RST: nobody reads there any more
  void widen(uint32_t bytes);                                               // window update

  // --- to the other side ---
  bool wants_read() const { return open_ && !local_end_ && send_window_ > 0; }
  void spend(size_t length) { send_window_ -= length; }  // a hand-shake line was sent
  void pump(Outbox& out);                                // one frame of what the user wrote, or FIN
  void credit(Outbox& out);

  // --- poll ---
  short events(bool room_in_outbox) const;
  bool hidden(bool room_in_outbox) const { return hung_up_ && events(room_in_outbox) == 0; }
  void handle(short revents, Outbox& out, bool room_in_outbox);

  // Nothing moves any more in either direction; the session forgets it.
  bool finished() const { return finished_ || (local_end_ && remote_end_ && pending() == 0); }

 private:
  size_t pending() const { return inbound_.size() - inbound_at_; }
  void keep(std::string_view bytes);
  void write_pending();
  void abandon(Outbox& out);
  void pass_end_on();

  const uint32_t id_;
  const bool dialed_;
  bool open_ = false;
  std::string line_;
  UniqueFd inner_;
  std::string inbound_;  // what the socket did not take yet, from inbound_at_ on
  size_t inbound_at_ = 0;
  uint64_t send_window_ = kInitialWindow;
  uint32_t receive_window_ = kWindow;
  uint32_t consumed_ = 0;    // delivered, not yet granted again
  bool local_end_ = false;   // FIN sent
  bool remote_end_ = false;  // FIN received
  bool end_passed_ = false;  // and the user sees it
  bool user_gone_ = false;   // the user reads no more
  bool hung_up_ = false;     // poll said so; it would say so for ever
  bool finished_ = false;
};

}  // namespace kata::mux
