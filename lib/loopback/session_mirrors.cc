#include <cerrno>

#include "lib/base/log.h"
#include "lib/loopback/session.h"
#include "lib/loopback/tcp.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"

namespace kata::loopback {

namespace {

constexpr int kOfOneMirror = 16;  // of one mirror, so that all have their turn
constexpr std::chrono::seconds kWithoutDescriptors{1};

}  // namespace

void Relay::Session::serve(const std::shared_ptr<Mirror>& mirror) {
  if (!mirror->listens()) return;  // no longer wanted, since this turn
  if (mirror->endpoint.transport == Transport::kTcp) return accept_from(*mirror);
  receive_from(mirror);
}

void Relay::Session::accept_from(const Mirror& mirror) {
  for (int i = 0; i < kOfOneMirror; ++i) {
    auto socket = sys::accept(mirror.socket());
    if (!socket) {
      if (!socket.error().is_errno(EAGAIN)) accept_again_ = Clock::now() + kWithoutDescriptors;
      return;
    }
    if (!make_place(true) || !sys::set_nonblocking(socket->get(), true)) {
      sys::reset_at_close(socket->get());
      continue;
    }
    auto id = open(mirror.endpoint);
    conversations_[id] = std::make_unique<TcpStream>(id, std::move(*socket), TcpStream::State::kOpen);
  }
}

void Relay::Session::receive_from(const std::shared_ptr<Mirror>& mirror) {
  std::string buffer(kMaxPayload, '\0');
  for (int i = 0; i < kOfOneMirror; ++i) {
    sys::InetAddress from;
    auto got = sys::receive_from(mirror->socket(), buffer, from);
    if (!got) return;  // no more, or the error of one that was sent, which this has taken
    auto* client = client_of(mirror, from);
    if (client != nullptr) client->send(std::string_view(buffer).substr(0, *got), out_);
  }
}

UdpClient* Relay::Session::client_of(const std::shared_ptr<Mirror>& mirror, const sys::InetAddress& from) {
  auto key = std::pair(mirror->endpoint, std::string(from.key()));
  auto found = clients_.find(key);
  if (found != clients_.end() && !found->second->finished()) return found->second;
  if (!make_place(false)) return nullptr;
  auto id = open(mirror->endpoint);
  auto client = std::make_unique<UdpClient>(id, mirror, from);
  auto* out = client.get();
  clients_[std::move(key)] = out;
  conversations_[id] = std::move(client);
  return out;
}

uint32_t Relay::Session::open(const Endpoint& endpoint) {
  while (conversations_.contains(next_id_) || next_id_ == 0) next_id_ += 2;
  std::string payload;
  append(payload, endpoint);
  out_.push(Type::kOpen, next_id_, payload);
  next_id_ += 2;
  return next_id_ - 2;
}

// For one more: where there are too many, the one that has been idle for longest goes.
bool Relay::Session::make_place(bool stream) {
  size_t count = 0;
  Conversation* oldest = nullptr;
  for (const auto& [id, one] : conversations_) {
    if (one->finished() || one->is_stream() != stream) continue;
    ++count;
    if (oldest == nullptr || one->used() < oldest->used()) oldest = one.get();
  }
  if (count < (stream ? settings_.limits.streams : settings_.limits.clients)) return true;
  if (stream && Clock::now() - oldest->used() < settings_.limits.stream_idle) {
    if (!told_of_limit_) log::warning("loopback", "too many connections to the loopback interface: some are refused");
    told_of_limit_ = true;
    return false;
  }
  oldest->give_up(out_);
  return true;
}

}  // namespace kata::loopback
