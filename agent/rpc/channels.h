// How the host reaches the agent: streams to port numbers, over virtio-serial, vsock, or (for tests) a
// Unix socket.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/guest/debug_console.h"
#include "agent/guest/log_hub.h"
#include "agent/guest/options.h"
#include "agent/rpc/byte_streams.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/mux/mux.h"
#include "lib/sys/thread.h"
#include "lib/ttrpc/server.h"

namespace kata::agent {

// Thread-safe. The server, the streams, the log and the options outlive it.
class Channels {
 public:
  Channels(ttrpc::Server& server, ByteStreams& streams, LogHub& logs, const Options& options, ShellRunner shells);
  ~Channels();  // stop(), then joins every thread

  // Each serves in a thread of its own, until stop().
  Result<> start_virtio();                       // waits for the port; served again after the host went away
  Result<> start_vsock();                        // nothing where the guest has no vsock
  Result<> start_unix(const std::string& path);  // the API only

  // New streams are closed from now on; those that are open stay. After it the server may go.
  void refuse();
  void stop();

 private:
  struct Side;  // a stream, log reader or debug console, in a thread of its own

  Result<> serve_virtio();
  Result<> serve_mux(UniqueFd port);
  Result<> serve_vsock(const std::map<int, uint32_t>& ports);
  void take(uint32_t port, UniqueFd stream);
  void start_side(uint32_t port, UniqueFd stream);  // with the lock held
  void serve_side(uint32_t port, UniqueFd stream);
  bool serves(uint32_t port) const;
  Result<> start_thread(const std::string& name, std::function<Result<>()> body);
  void announce();

  ttrpc::Server& server_;
  ByteStreams& streams_;
  LogHub& logs_;
  const Options& options_;
  const ShellRunner shells_;
  UniqueFd stop_event_;

  Mutex mutex_;
  bool refusing_ = false;
  bool stopped_ = false;
  std::shared_ptr<mux::Mux> mux_;
  std::vector<std::unique_ptr<Side>> sides_;
  std::vector<UniqueFd> listeners_;
  std::vector<sys::Thread> threads_;
};

}  // namespace kata::agent
