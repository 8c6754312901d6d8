// The yamux session: streams over the carrier, moved by one thread.
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

// run() belongs to one thread, which holds the lock but while it polls; the rest is for any thread.
class Session : private Decoder::Sink {
 public:
  Session(UniqueFd carrier, Role role, Listens listens)
      : role_(role), listens_(std::move(listens)), carrier_(std::move(carrier)) {}

  Result<> prepare();  // before run()
  void run();          // until shut_down(), or the carrier's end and the delivery of what came before
  void shut_down();

  Result<UniqueFd> dial(uint32_t port);
  Result<Mux::Incoming> accept();

 private:
  using StreamPtr = std::shared_ptr<Stream>;
  // A caller of dial() that waits for its OK line; it lives on the caller's stack.
  struct Dial {
    std::optional<Result<UniqueFd>> outcome;
  };

  Result<> on_header(const Header& header) override;
  void on_payload(const Header& header, std::string_view piece) override;
  void on_end(const Header& header) override;

  Result<> on_new_stream(const Header& header);
  void on_ping(const Header& header);
  void on_go_away(const Header& header);
  void on_line(Stream& stream, const std::string& line);
  void answer_dial(Stream& stream, Result<UniqueFd> outcome);
  void accept_stream(Stream& stream, const std::string& line);
  void refuse(Stream& stream);

  void fill_poll_set();
  void handle_poll_set();
  void read_carrier();
  void flush_carrier();
  void end_carrier(const Error& why);
  void forget_finished();
  void close_everything();
  bool running() const;
  bool room() const;
  StreamPtr find(uint32_t id) const;
  Result<size_t> read_some();

  const Role role_;
  const Listens listens_;
  UniqueFd carrier_;
  UniqueFd wake_;
  bool carrier_is_socket_ = true;
  std::unique_ptr<char[]> read_buffer_;

  Mutex mutex_;
  Condition changed_;
  std::map<uint32_t, StreamPtr> streams_;
  std::map<uint32_t, Dial*> dials_;
  std::deque<Mux::Incoming> incoming_;
  uint32_t next_id_ = 0;
  uint32_t last_remote_id_ = 0;
  Outbox out_;
  Decoder decoder_;
  std::optional<Error> end_;  // why nothing comes from the carrier any more
  bool going_away_ = false;   // the other side takes no new streams
  bool stopping_ = false;
  bool heard_ = false;            // anything came from the carrier
  bool absent_ = false;           // the host has not connected to its end of the port yet
  std::vector<pollfd> poll_set_;  // the wake-up event, the carrier, then polled_
  std::vector<StreamPtr> polled_;
};

}  // namespace kata::mux
