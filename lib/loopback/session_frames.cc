#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/loopback/session.h"
#include "lib/loopback/tcp.h"

namespace kata::loopback {

Result<> Relay::Session::on_frame(const Frame& frame) {
  if (frame.type == Type::kOffer) return on_offer(frame);
  if (frame.type == Type::kOpen) return on_open(frame);
  if (frame.type == Type::kTaken) {
    taken_ = frame.stream;
    tell_settled();
    return {};
  }
  // One that is not known (any more) was given up here, which the other side is about to hear.
  auto found = conversations_.find(frame.stream);
  if (found == conversations_.end() || found->second->finished()) return {};
  auto& conversation = *found->second;
  if (frame.type == Type::kData) conversation.deliver(frame.payload, out_);
  if (frame.type == Type::kEnd) conversation.end_of_input(out_);
  if (frame.type == Type::kReset) conversation.reset();
  if (frame.type == Type::kCredit) return on_credit(frame);
  return {};
}

Result<> Relay::Session::on_credit(const Frame& frame) {
  auto more = TRY(decode_number(frame.payload));
  if (more > kWindow) return Error::make(Code::kDataLoss, "more credit than there was sent");
  conversations_.at(frame.stream)->widen(more);
  return {};
}

Result<> Relay::Session::on_offer(const Frame& frame) {
  auto bytes = frame.payload;
  if (bytes.size() > settings_.limits.endpoints * kEndpointSize) {
    return Error::make(Code::kDataLoss, concat("an offer of ", bytes.size(), " bytes"));
  }
  std::vector<Endpoint> offered;
  for (; !bytes.empty(); bytes.remove_prefix(kEndpointSize)) {
    offered.push_back(TRY(decode_endpoint(bytes.substr(0, kEndpointSize))));
  }
  mirrors_.set(offered);
  // What goes on there belongs to a socket that is not wanted any more.
  for (auto& [where, client] : clients_) {
    if (!mirrors_.has(where.first)) client->give_up(out_);
  }
  log::debug("loopback", "the other side listens", {{"at", concat(offered.size())}});
  out_.push(Type::kTaken, frame.stream);
  return {};
}

Result<> Relay::Session::on_open(const Frame& frame) {
  bool from_host = frame.stream % 2 == 0;
  if (from_host == (settings_.side == Side::kHost) || frame.stream == 0 || conversations_.contains(frame.stream)) {
    return Error::make(Code::kDataLoss, concat("a stream cannot have the number ", frame.stream));
  }
  connect(frame.stream, TRY(decode_endpoint(frame.payload)));
  return {};
}

void Relay::Session::connect(uint32_t id, const Endpoint& endpoint) {
  bool stream = endpoint.transport == Transport::kTcp;
  auto where = endpoint.is_any() ? Endpoint::loopback(endpoint.transport, endpoint.v6, endpoint.port) : endpoint;
  // A mirror would lead back to where this comes from.
  if (!offered_.contains(endpoint) || mirrors_.has(where) || !make_place(stream)) {
    return out_.push(Type::kReset, id);
  }
  auto socket = sys::inet_connect(where.socket_type(), where.socket_address(), where.text());
  if (!socket) {
    log::debug("loopback", socket.error().message());
    return out_.push(Type::kReset, id);
  }
  if (stream) {
    conversations_[id] = std::make_unique<TcpStream>(id, std::move(*socket), TcpStream::State::kConnecting);
  } else {
    conversations_[id] = std::make_unique<UdpService>(id, std::move(*socket));
  }
}

}  // namespace kata::loopback
