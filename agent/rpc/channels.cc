#include "agent/rpc/channels.h"

#include <linux/virtio_ids.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>

#include <atomic>

#include "agent/guest/clock.h"
#include "agent/guest/modules.h"
#include "agent/guest/virtio_port.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"

namespace kata::agent {

namespace {

// A program in the guest can have a context id too: by vsock's loopback, or by a vhost device that it serves itself.
bool is_of_host(int stream) {
  auto peer = sys::vsock_peer(stream);
  if (!peer.ok()) return peer.error().is(Code::kInvalidArgument);  // a Unix socket
  if (*peer != VMADDR_CID_HOST)
    log::warning("channel", "refused a peer that is not the host", {{"cid", concat(*peer)}});
  return *peer == VMADDR_CID_HOST;
}

}  // namespace

struct Channels::Side {
  UniqueFd watched;  // a duplicate of the stream, to end it from outside
  std::atomic<bool> ended{false};
  sys::Thread thread;
};

Result<std::unique_ptr<Channels>> Channels::create(const ChannelTargets& targets, ShellRunner shells) {
  auto stop = TRY(sys::event_fd());
  return std::unique_ptr<Channels>(new Channels(targets, std::move(shells), std::move(stop)));
}

Channels::Channels(const ChannelTargets& targets, ShellRunner shells, UniqueFd stop)
    : server_(targets.server),
      streams_(targets.streams),
      logs_(targets.logs),
      options_(targets.options),
      shells_(std::move(shells)),
      stop_event_(std::move(stop)) {}

Channels::~Channels() {
  stop();
  threads_.clear();  // joins; without the lock, which their last steps take
  sides_.clear();
}

void Channels::refuse() {
  MutexLock lock(mutex_);
  refusing_ = true;
}

void Channels::stop() {
  refuse();
  MutexLock lock(mutex_);
  stopped_ = true;
  ignore(sys::signal_event(stop_event_.get()));  // fails only when signalled already
  logs_.stop();
  for (const auto& side : sides_) (void)::shutdown(side->watched.get(), SHUT_RDWR);
  if (mux_) mux_->shut_down();
}

bool Channels::serves(uint32_t port) const {
  return port == options_.api_port || port == options_.stream_port || port == options_.log_port ||
         (options_.debug_console && port == options_.debug_console_port);
}

Result<> Channels::start_thread(const std::string& name, std::function<Result<>()> body) {
  auto thread = sys::Thread::start(name, [name, body = std::move(body)] {
    auto served = body();
    if (served.ok() || served.error().is(Code::kCancelled)) return;
    log::error("channel", concat(name, ": ", served.error().message()));
  });
  MutexLock lock(mutex_);
  threads_.push_back(TRY(std::move(thread)));
  return {};
}

void Channels::log_ready() {
  if (start_times().ready != 0) return;
  start_times().ready = boot_time_ns();
  log::info("channel", "ready",
            {{"agent-start-ns", concat(start_times().start.load())}, {"ready-ns", concat(start_times().ready.load())}});
}

Result<> Channels::start_virtio() {
  return start_thread("virtio-serial", [this] { return serve_virtio(); });
}

Result<> Channels::serve_virtio() {
  auto path = TRY(wait_for_virtio_port(kAgentPort, stop_event_.get()));
  for (;;) {
    // The port is opened anew for each host: what the last one left unread is gone with the descriptor.
    auto port = TRY(sys::open(path, O_RDWR));
    log_ready();
    TRY(wait_for_host(port.get(), stop_event_.get()));
    TRY(serve_mux(std::move(port)));
  }
}

Result<> Channels::serve_mux(UniqueFd port) {
  auto created = TRY(mux::Mux::create(std::move(port), mux::Role::kServer, [this](uint32_t p) { return serves(p); }));
  std::shared_ptr<mux::Mux> mux = std::move(created);
  {
    MutexLock lock(mutex_);
    if (stopped_) return Error::make(Code::kCancelled, "the agent stops");
    mux_ = mux;
  }
  for (;;) {
    auto incoming = mux->accept();
    if (!incoming.ok()) break;  // the host went away, or stop()
    accept_stream(incoming->port, std::move(incoming->stream));
  }
  MutexLock lock(mutex_);
  mux_.reset();
  return stopped_ ? Result<>(Error::make(Code::kCancelled, "the agent stops")) : Result<>{};
}

Result<> Channels::start_vsock() {
  // Without the device there is no host to hear, and whoever came would be of this guest.
  if (!has_virtio_device("/sys", VIRTIO_ID_VSOCK)) return {};
  load_driver("vmw_vsock_virtio_transport");
  if (!sys::exists("/dev/vsock")) return {};
  std::map<uint32_t, UniqueFd> listeners;
  for (auto port : {options_.api_port, options_.stream_port, options_.log_port, options_.debug_console_port}) {
    if (serves(port)) listeners.emplace(port, TRY(sys::vsock_listen(port)));
  }
  return start_listeners("vsock", std::move(listeners));
}

Result<> Channels::start_listeners(const std::string& name, std::map<uint32_t, UniqueFd> listeners) {
  auto shared = std::make_shared<std::map<uint32_t, UniqueFd>>(std::move(listeners));  // a function is copied
  return start_thread(name, [this, shared] {
    log_ready();
    return serve_listeners(*shared);
  });
}

Result<> Channels::serve_listeners(const std::map<uint32_t, UniqueFd>& listeners) {
  std::vector<pollfd> fds{{stop_event_.get(), POLLIN, 0}};
  for (const auto& [port, listener] : listeners) fds.push_back({listener.get(), POLLIN, 0});
  for (;;) {
    TRY(sys::poll(fds, std::chrono::milliseconds(-1)));
    if (fds[0].revents != 0) return {};
    auto ready = fds.begin() + 1;
    for (const auto& [port, listener] : listeners) {
      if ((ready++)->revents == 0) continue;
      auto stream = sys::accept(listener.get());
      if (stream.ok() && is_of_host(stream->get())) accept_stream(port, std::move(*stream));
    }
  }
}

Result<> Channels::start_unix(const std::string& path) {
  std::map<uint32_t, UniqueFd> listeners;
  listeners.emplace(options_.api_port, TRY(sys::unix_listen(path)));
  return start_listeners("unix", std::move(listeners));
}

void Channels::accept_stream(uint32_t port, UniqueFd stream) {
  MutexLock lock(mutex_);
  if (refusing_ || !serves(port)) return;  // closes it
  if (port != options_.api_port) return start_side(port, std::move(stream));
  auto served = server_.serve_connection(std::move(stream));
  if (!served.ok()) log::warning("channel", served.error().message());
}

void Channels::serve_side(uint32_t port, UniqueFd stream) {
  if (port == options_.log_port) return logs_.stream_to(std::move(stream));
  auto served =
      port == options_.stream_port ? streams_.serve(std::move(stream)) : run_debug_console(std::move(stream), shells_);
  if (!served.ok()) log::warning("channel", served.error().message(), {{"port", concat(port)}});
}

void Channels::start_side(uint32_t port, UniqueFd stream) {
  std::erase_if(sides_, [](const auto& side) { return side->ended.load(); });
  auto watched = sys::duplicate(stream.get());
  if (!watched.ok()) return;
  auto side = std::make_unique<Side>();
  side->watched = std::move(*watched);
  auto body = [this, port, raw = side.get(), fd = stream.release()] {
    serve_side(port, UniqueFd(fd));
    // Our duplicate would keep the stream open for the host.
    (void)::shutdown(raw->watched.get(), SHUT_RDWR);
    raw->ended = true;
  };
  auto thread = sys::Thread::start("channel", body);
  if (!thread.ok()) return log::warning("channel", thread.error().message());
  side->thread = std::move(*thread);
  sides_.push_back(std::move(side));
}

}  // namespace kata::agent
