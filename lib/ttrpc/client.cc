#include "lib/ttrpc/client.h"

#include <map>
#include <optional>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/sys/thread.h"
#include "lib/ttrpc/wire.h"

namespace kata::ttrpc {

class Client::Impl {
 public:
  explicit Impl(UniqueFd stream) : wire_(std::move(stream)) {}
  ~Impl() { end("the client was closed", false); }

  Result<> start() {
    reader_ = TRY(sys::Thread::start("ttrpc-client", [this] { read_answers(); }));
    return {};
  }
  Result<std::string> call(std::string_view service, std::string_view method, std::string_view payload,
                           std::chrono::nanoseconds timeout);
  void end(std::string_view reason, bool by_itself);
  bool closed() const {
    MutexLock lock(mutex_);
    return end_.has_value();
  }
  void on_close(std::function<void(std::string_view)> callback);

 private:
  // A caller that waits. It lives on the caller's stack, and in pending_ as long.
  struct Pending {
    Condition done;
    std::optional<Result<std::string>> answer;
  };

  uint32_t add(Pending& pending);
  Result<std::string> wait(uint32_t stream, Pending& pending, Wire::Deadline deadline);
  void forget(uint32_t stream);
  void read_answers();
  void deliver(Frame frame);

  Wire wire_;
  mutable Mutex mutex_;
  std::map<uint32_t, Pending*> pending_ GUARDED_BY(mutex_);
  uint32_t next_stream_ GUARDED_BY(mutex_) = 1;  // odd: initiated by the client
  std::optional<Error> end_ GUARDED_BY(mutex_);
  bool ended_by_itself_ GUARDED_BY(mutex_) = false;
  std::function<void(std::string_view)> on_close_ GUARDED_BY(mutex_);
  sys::Thread reader_;  // last: it uses all of the above
};

uint32_t Client::Impl::add(Pending& pending) {
  MutexLock lock(mutex_);
  uint32_t stream = next_stream_;
  next_stream_ += 2;
  pending_[stream] = &pending;
  if (end_) pending.answer = *end_;
  return stream;
}

void Client::Impl::forget(uint32_t stream) {
  MutexLock lock(mutex_);
  pending_.erase(stream);
}

Result<std::string> Client::Impl::call(std::string_view service, std::string_view method, std::string_view payload,
                                       std::chrono::nanoseconds timeout) {
  Wire::Deadline deadline;
  if (timeout.count() > 0) deadline = Wire::Clock::now() + timeout;
  {
    MutexLock lock(mutex_);
    if (end_) return *end_;
  }
  Pending pending;
  uint32_t stream = 0;  // streams are never zero
  auto sent = wire_.write(FrameType::kRequest, make_request(service, method, payload, timeout), deadline,
                          [&] { return stream = add(pending); });
  if (sent.ok()) return wait(stream, pending, deadline);
  if (stream != 0) forget(stream);
  if (sent.error().is(Code::kUnavailable)) {
    MutexLock lock(mutex_);
    if (end_) return *end_;
  }
  return sent.error();
}

Result<std::string> Client::Impl::wait(uint32_t stream, Pending& pending, Wire::Deadline deadline) {
  MutexLock lock(mutex_);
  auto answered = [&]() REQUIRES(mutex_) { return pending.answer.has_value(); };
  bool in_time = true;
  if (deadline) {
    in_time = pending.done.wait_until(mutex_, *deadline, answered);
  } else {
    pending.done.wait(mutex_, answered);
  }
  pending_.erase(stream);
  if (!in_time) return Error::make(Code::kDeadlineExceeded, "deadline exceeded: no answer");
  return std::move(*pending.answer);
}

void Client::Impl::deliver(Frame frame) {
  if (!frame.header.is(FrameType::kResponse)) return;  // streaming data, or of a later protocol
  Result<std::string> answer = frame.too_long ? too_long(frame.header.length) : parse_response(frame.payload);
  MutexLock lock(mutex_);
  auto found = pending_.find(frame.header.stream);
  if (found == pending_.end()) return;  // its caller's deadline came first
  found->second->answer = std::move(answer);
  found->second->done.notify_one();
}

void Client::Impl::read_answers() {
  while (true) {
    auto frame = wire_.read();
    if (!frame.ok()) return end(frame.error().message(), true);
    deliver(std::move(*frame));
  }
}

void Client::Impl::end(std::string_view reason, bool by_itself) {
  std::function<void(std::string_view)> callback;
  {
    MutexLock lock(mutex_);
    if (end_) return;
    end_ = Error::make(Code::kUnavailable, std::string(reason));
    ended_by_itself_ = by_itself;
    for (auto& [stream, pending] : pending_) {
      if (!pending->answer) pending->answer = *end_;
      pending->done.notify_one();
    }
    if (by_itself) callback = std::exchange(on_close_, nullptr);
  }
  wire_.close();
  if (callback) callback(reason);
}

void Client::Impl::on_close(std::function<void(std::string_view)> callback) {
  std::string why;
  {
    MutexLock lock(mutex_);
    if (!end_) {
      on_close_ = std::move(callback);
      return;
    }
    if (!ended_by_itself_) return;
    why = end_->message();
  }
  callback(why);
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::create(UniqueFd stream) {
  auto impl = std::make_unique<Impl>(std::move(stream));
  TRY(impl->start());
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Result<std::string> Client::call(std::string_view service, std::string_view method, std::string_view payload,
                                 std::chrono::nanoseconds timeout) {
  return impl_->call(service, method, payload, timeout);
}

void Client::shut_down(std::string_view reason) { impl_->end(reason, false); }
bool Client::closed() const { return impl_->closed(); }
void Client::on_close(std::function<void(std::string_view)> callback) { impl_->on_close(std::move(callback)); }

}  // namespace kata::ttrpc
