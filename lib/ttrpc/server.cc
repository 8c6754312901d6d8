#include "lib/ttrpc/server.h"

#include <poll.h>

#include <exception>
#include <set>
#include <thread>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"
#include "lib/ttrpc/pool.h"
#include "lib/ttrpc/wire.h"

namespace kata::ttrpc {

namespace {

constexpr size_t kMaxThreads = 2048;                           // connections and requests at once
constexpr auto kLinger = std::chrono::seconds(5);              // of an idle thread
constexpr auto kWriteTimeout = std::chrono::minutes(5);        // with a peer that does not read
constexpr auto kLastWriteTimeout = std::chrono::seconds(1);    // the same once the server stops
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when descriptors have run out

}  // namespace

class Server::Impl {
 public:
  ~Impl() { stop(); }  // the pool's destructor waits

  void add(Service& service) { services_[std::string(service.name())] = &service; }
  Result<> serve_connection(UniqueFd stream);
  Result<> serve(int listener);
  void stop();

 private:
  using Connection = std::shared_ptr<Wire>;

  void read_requests(const Connection& connection);
  void take(const Connection& connection, Frame frame);
  void answer(Wire& wire, uint32_t stream, const Result<std::string>& outcome);
  Result<std::string> dispatch(const Call& call);
  Result<bool> wait_for_client(int listener);

  std::map<std::string, Service*, std::less<>> services_;  // filled before the first connection
  Mutex mutex_;
  std::set<Connection> connections_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  UniqueFd stop_event_ GUARDED_BY(mutex_);  // set once, by the first serve()
  Pool pool_{kMaxThreads, kLinger};         // last: its threads use all of the above
};

Result<> Server::Impl::serve_connection(UniqueFd stream) {
  auto connection = std::make_shared<Wire>(std::move(stream));
  connection->set_write_timeout(kWriteTimeout);
  MutexLock lock(mutex_);
  if (stopped_) return Error::make(Code::kUnavailable, "the server has stopped");
  TRY(pool_.submit([this, connection] { read_requests(connection); }));
  connections_.insert(connection);
  return {};
}

void Server::Impl::read_requests(const Connection& connection) {
  while (true) {
    auto frame = connection->read();
    if (!frame.ok()) break;
    take(connection, std::move(*frame));
  }
  MutexLock lock(mutex_);
  if (!stopped_) connection->close();  // who waits for room to answer need not
  connections_.erase(connection);
}

void Server::Impl::take(const Connection& connection, Frame frame) {
  if (!frame.header.is(FrameType::kRequest)) return;  // streaming data, or of a later protocol
  auto stream = frame.header.stream;
  if (frame.too_long) return answer(*connection, stream, too_long(frame.header.length));
  if (stream % 2 == 0) {
    return answer(*connection, stream, Error::make(Code::kInvalidArgument, "stream ids of a client are odd"));
  }
  auto call = parse_request(frame.payload);
  if (!call.ok()) return answer(*connection, stream, call.error());
  frame.payload = {};
  auto shared = std::make_shared<Call>(std::move(*call));
  auto submitted = pool_.submit([this, connection, stream, shared] { answer(*connection, stream, dispatch(*shared)); });
  if (!submitted.ok()) answer(*connection, stream, submitted.error());
}

Result<std::string> Server::Impl::dispatch(const Call& call) {
  auto found = services_.find(call.service);
  if (found == services_.end()) {
    return Error::make(Code::kUnimplemented, concat("service ", call.service, " is not served here"));
  }
  try {
    return found->second->dispatch(call.method, call.context, call.payload);
  } catch (const std::exception& e) {  // of a library, or out of memory
    return Error::make(Code::kInternal, concat(call.method, ": ", e.what()));
  }
}

void Server::Impl::answer(Wire& wire, uint32_t stream, const Result<std::string>& outcome) {
  auto pick_stream = [stream] { return stream; };
  auto sent = wire.write(FrameType::kResponse, make_response(outcome), {}, pick_stream);
  if (!sent.ok() && sent.error().is(Code::kResourceExhausted)) {
    sent = wire.write(FrameType::kResponse, make_response(sent.error()), {}, pick_stream);
  }
  if (!sent.ok()) log::debug("ttrpc", "answer not sent", {{"error", sent.error().text()}});
}

Result<bool> Server::Impl::wait_for_client(int listener) {
  int stop = -1;
  {
    MutexLock lock(mutex_);
    if (stopped_) return false;
    if (!stop_event_) stop_event_ = TRY(sys::event_fd());
    stop = stop_event_.get();
  }
  pollfd entries[] = {{listener, POLLIN, 0}, {stop, POLLIN, 0}};
  TRY(sys::poll(entries, std::chrono::milliseconds(-1)));
  return entries[1].revents == 0;
}

Result<> Server::Impl::serve(int listener) {
  TRY(sys::set_nonblocking(listener, true));  // the client may have gone again before accept
  while (TRY(wait_for_client(listener))) {
    auto stream = sys::accept(listener);
    if (stream.ok()) {
      auto served = serve_connection(std::move(*stream));
      if (!served.ok()) log::warning("ttrpc", "connection refused", {{"error", served.error().text()}});
    } else if (stream.error().is(Code::kCancelled)) {
      return {};
    } else if (stream.error().is(Code::kResourceExhausted)) {
      std::this_thread::sleep_for(kAcceptPause);
    } else if (!stream.error().is_errno(EAGAIN) && !stream.error().is_errno(ECONNABORTED)) {
      return stream.error();
    }
  }
  return {};
}

void Server::Impl::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  if (stop_event_) ignore(sys::signal_event(stop_event_.get()));  // fails only when signalled already
  for (const auto& connection : connections_) {
    connection->set_write_timeout(kLastWriteTimeout);
    connection->stop_reading();
  }
}

Server::Server() : impl_(std::make_unique<Impl>()) {}
Server::~Server() = default;
void Server::add(Service& service) { impl_->add(service); }
Result<> Server::serve_connection(UniqueFd stream) { return impl_->serve_connection(std::move(stream)); }
Result<> Server::serve(int listener) { return impl_->serve(listener); }
void Server::stop() { impl_->stop(); }

}  // namespace kata::ttrpc
