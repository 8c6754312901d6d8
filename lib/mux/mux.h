// Many byte streams over one, in yamux framing
// (https://github.com/hashicorp/yamux/blob/master/spec.md), for the virtio-serial agent channel.
//
// Each stream opens with "CONNECT <port>\n" and the answer "OK <port>\n", as in hybrid vsock.
// A stream is handed out as one end of a Unix socket pair, so that everything above sees plain
// descriptors: shutdown(SHUT_WR) becomes FIN, closing becomes RST, and a full window stops
// reading the socket (back-pressure). One thread per mux moves the bytes; memory is bounded by
// the window of each stream.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::mux {

enum class Role { kClient, kServer };  // host and guest: odd and even stream ids

// Says whether somebody accepts on a port. Called from the mux's thread; must neither block nor call
// the mux.
using Listens = std::function<bool(uint32_t port)>;

class Mux {
 public:
  // Takes the carrier (a socket or character device) over. Streams that the other side opens to a
  // port for which `listens` is false are refused. Without `listens`, the guest's side hands every
  // port to accept() and the host's refuses all: a guest has no business to call its host.
  static Result<std::unique_ptr<Mux>> create(UniqueFd carrier, Role role, Listens listens = {});
  ~Mux();  // closes all streams and joins the thread
  Mux(const Mux&) = delete;
  Mux& operator=(const Mux&) = delete;

  // Opens a stream to `port` at the other side. Waits for its OK line: for ever, because a guest that
  // boots answers late; shut_down() (from another thread) ends the wait with kUnavailable.
  // A port on which nobody listens is kUnavailable at once.
  Result<UniqueFd> dial(uint32_t port);

  // The next stream that the other side opened, its CONNECT line answered.
  // kUnavailable after shut_down() or when the carrier ended.
  struct Incoming {
    uint32_t port;
    UniqueFd stream;
  };
  Result<Incoming> accept();

  void shut_down();

 private:
  class Impl;
  explicit Mux(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kata::mux
