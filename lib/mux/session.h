// The yamux session (https://github.com/hashicorp/yamux/blob/master/spec.md): streams over the carrier, moved by one
// thread.
//
// Both sides number their streams themselves, the host odd and the guest even, and open one with a SYN. A stream first
// carries one line each way, "CONNECT <port>" and "OK <port>"; then a socket pair is made, of which the user gets one
// end, and the session moves bytes between the other end and frames on the carrier. Each direction of a stream has a
// window: as many bytes as its receiver still has room for, widened as the user reads. So a user that does not read
// stops only its own stream, and memory is bounded by the windows. FIN ends one direction, RST both. What the other
// side sends is not trusted: a frame that breaks the rules ends the session.
//
// run() turns once per event: it waits without the lock for the carrier, the streams' sockets or a wake-up, and then
// moves what there is with the lock. dial(), accept() and shut_down() only change the state and wake it.
#pragma once

#include <poll.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/mux/frame.h"
#include "lib/mux/mux.h"
#include "lib/mux/outbox.h"
#include "lib/mux/stream.h"

namespace kata::mux {

// run() belongs to one thread, the session's; the rest is for any thread.
class Session : private Decoder::Sink {
 public:
  Session(UniqueFd carrier, Role role, Listens listens)
      : role_(role), listens_(std::move(listens)), carrier_(std::move(carrier)) {}

  Result<> prepare() EXCLUDES(mutex_);  // before run()
  // Until shut_down(), or the carrier's end and the delivery of what came before.
  void run() EXCLUDES(mutex_);
  void shut_down() EXCLUDES(mutex_);

  Result<UniqueFd> dial(uint32_t port) EXCLUDES(mutex_);
  Result<Mux::Incoming> accept() EXCLUDES(mutex_);

 private:
  using StreamPtr = std::shared_ptr<Stream>;
  // A caller of dial() that waits for its OK line; it lives on the caller's stack.
  struct Dial {
    std::optional<Result<UniqueFd>> outcome;
  };

  // From decoder_.feed().
  Result<> on_header(const Header& header) override REQUIRES(mutex_);
  void on_payload(const Header& header, std::string_view piece) override REQUIRES(mutex_);
  void on_end(const Header& header) override REQUIRES(mutex_);

  Result<> on_new_stream(const Header& header) REQUIRES(mutex_);
  void on_ping(const Header& header) REQUIRES(mutex_);
  void on_go_away(const Header& header) REQUIRES(mutex_);
  void on_line(Stream& stream, const std::string& line) REQUIRES(mutex_);
  void answer_dial(Stream& stream, Result<UniqueFd> outcome) REQUIRES(mutex_);
  void accept_stream(Stream& stream, const std::string& line) REQUIRES(mutex_);
  void refuse(Stream& stream) REQUIRES(mutex_);

  void fill_poll_set() REQUIRES(mutex_);
  void handle_poll_set() REQUIRES(mutex_);
  void read_carrier() REQUIRES(mutex_);
  void flush_carrier() REQUIRES(mutex_);
  void end_carrier(const Error& why) REQUIRES(mutex_);
  void forget_finished() REQUIRES(mutex_);
  void close_everything() REQUIRES(mutex_);
  bool running() const REQUIRES(mutex_);
  bool room() const REQUIRES(mutex_);
  StreamPtr find(uint32_t id) const REQUIRES(mutex_);
  Result<size_t> read_some();  // from the carrier

  const Role role_;
  const Listens listens_;
  UniqueFd wake_;  // set once, by prepare()

  // The session's thread only, once it runs.
  UniqueFd carrier_;
  bool carrier_is_socket_ = true;
  std::unique_ptr<char[]> read_buffer_;
  std::vector<pollfd> poll_set_;  // the wake-up event, the carrier, then polled_
  std::vector<StreamPtr> polled_;

  Mutex mutex_;
  Condition changed_;
  std::map<uint32_t, StreamPtr> streams_ GUARDED_BY(mutex_);
  std::map<uint32_t, Dial*> dials_ GUARDED_BY(mutex_);
  std::deque<Mux::Incoming> incoming_ GUARDED_BY(mutex_);
  uint32_t next_id_ GUARDED_BY(mutex_) = 0;
  uint32_t last_remote_id_ GUARDED_BY(mutex_) = 0;
  Outbox out_ GUARDED_BY(mutex_);
  Decoder decoder_ GUARDED_BY(mutex_);
  std::optional<Error> end_ GUARDED_BY(mutex_);  // why nothing comes from the carrier any more
  bool going_away_ GUARDED_BY(mutex_) = false;   // the other side takes no new streams
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool heard_ GUARDED_BY(mutex_) = false;   // anything came from the carrier
  bool absent_ GUARDED_BY(mutex_) = false;  // the host has not connected to its end of the port yet
};

}  // namespace kata::mux
