#include "shim/publisher.h"

#include <chrono>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/proto/events.ttrpc.h"
#include "lib/sys/socket.h"
#include "shim/timestamp.h"

namespace kata::shim {

namespace {

namespace events_api = ::containerd::services::events::ttrpc::v1;

constexpr std::chrono::seconds kSend{5};  // upstream's
constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::seconds kFarewell{3};
constexpr size_t kMaxQueued = 2048;

}  // namespace

Publisher::Publisher(std::string address, std::string name_space)
    : address_(std::move(address)), name_space_(std::move(name_space)) {
  auto started = sys::Thread::start("events", [this] { run(); });
  if (!started) log::error("events", "containerd will hear nothing", {{"error", started.error().text()}});
  if (started) thread_ = std::move(started).value();
}

Publisher::~Publisher() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Publisher::queue(std::string_view topic, std::string_view type, std::string event) {
  events_api::Envelope envelope;
  set_now(*envelope.mutable_timestamp());
  envelope.set_namespace_(name_space_);
  envelope.set_topic(std::string(topic));
  envelope.mutable_event()->set_type_url(std::string(type));
  envelope.mutable_event()->set_value(std::move(event));
  MutexLock lock(mutex_);
  if (queue_.size() >= kMaxQueued) {
    if (dropped_++ == 0) log::warning("events", "containerd takes no events; dropping the oldest");
    queue_.pop_front();
  }
  queue_.push_back(std::move(envelope));
  changed_.notify_all();
}

bool Publisher::send(const events_api::Envelope& envelope) {
  if (!client_ || client_->closed()) {
    auto stream = sys::unix_connect(address_);
    if (!stream) return false;
    auto client = ttrpc::Client::create(std::move(stream).value());
    if (!client) return false;
    client_ = std::move(client).value();
  }
  events_api::ForwardRequest request;
  *request.mutable_envelope() = envelope;
  auto sent = events_api::EventsClient(*client_).forward(request, kSend);
  if (sent) return true;
  log::warning("events", "cannot forward an event", {{"topic", envelope.topic()}, {"error", sent.error().text()}});
  bool retry = sent.error().is(Code::kUnavailable) || sent.error().is(Code::kDeadlineExceeded);
  if (retry) client_.reset();
  return !retry;  // one that containerd refuses would be refused again
}

void Publisher::run() {
  MutexLock lock(mutex_);
  std::chrono::steady_clock::time_point last_try{};
  for (;;) {
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    if (stopping_ && last_try == std::chrono::steady_clock::time_point{}) {
      last_try = std::chrono::steady_clock::now() + kFarewell;
    }
    auto envelope = queue_.front();
    lock.unlock();
    bool sent = send(envelope);
    lock.lock();
    if (sent && !queue_.empty()) queue_.pop_front();
    if (sent && dropped_ > 0) log::warning("events", "containerd takes events again", {{"dropped", concat(dropped_)}});
    if (sent) dropped_ = 0;
    if (sent) continue;
    if (stopping_ && std::chrono::steady_clock::now() > last_try) return;
    changed_.wait_for(mutex_, kRetry, [&]() REQUIRES(mutex_) { return stopping_; });
  }
}

}  // namespace kata::shim
