// How the host reaches the agent: it opens streams to port numbers, over virtio-serial, vsock, or (for tests) a Unix
// socket.
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

// What the host reaches through the channels. All of it outlives them.
struct ChannelTargets {
  ttrpc::Server& server;
  ByteStreams& streams;
  LogHub& logs;
  const Options& options;
};

// Thread-safe.
class Channels {
 public:
  static Result<std::unique_ptr<Channels>> create(const ChannelTargets& targets, ShellRunner shells);
  ~Channels();  // stop(), then joins every thread

  // Each serves in a thread of its own, until stop().
  Result<> start_virtio();                       // waits for the port; served again after the host went away
  Result<> start_vsock();                        // nothing where the guest has no vsock
  Result<> start_unix(const std::string& path);  // the API only

  // Closes every new stream from now on; those that are open stay. After this the server may be destroyed.
  void refuse() EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  struct Side;  // a stream, log reader or debug console, in a thread of its own

  Result<> serve_virtio();
  Result<> serve_mux(UniqueFd port);
  Result<> serve_listeners(const std::map<uint32_t, UniqueFd>& listeners);
  void accept_stream(uint32_t port, UniqueFd stream) EXCLUDES(mutex_);
  void start_side(uint32_t port, UniqueFd stream) REQUIRES(mutex_);
  void serve_side(uint32_t port, UniqueFd stream);
  bool serves(uint32_t port) const;
  Result<> start_thread(const std::string& name, std::function<Result<>()> body) EXCLUDES(mutex_);
  Result<> start_listeners(const std::string& name, std::map<uint32_t, UniqueFd> listeners);
  static void log_ready();

  Channels(const ChannelTargets& targets, ShellRunner shells, UniqueFd stop);

  ttrpc::Server& server_;
  ByteStreams& streams_;
  LogHub& logs_;
  const Options& options_;
  const ShellRunner shells_;
  const UniqueFd stop_event_;

  Mutex mutex_;
  bool refusing_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::shared_ptr<mux::Mux> mux_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Side>> sides_ GUARDED_BY(mutex_);
  std::vector<sys::Thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace kata::agent
