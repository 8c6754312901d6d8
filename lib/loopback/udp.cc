#include "lib/loopback/udp.h"

#include <poll.h>

#include <cerrno>
#include <string>

#include "lib/sys/inet.h"

namespace kata::loopback {

namespace {
constexpr int kAtOnce = 16;  // so that all have their turn
}  // namespace

void UdpClient::send(std::string_view datagram, Outbox& out) {
  touch();
  if (out.has_room()) out.push(Type::kData, id(), datagram);
}

void UdpClient::deliver(std::string_view bytes, Outbox& /*out*/) {
  touch();
  if (mirror_->listens()) ignore(mirror_->answer(bytes, client_));  // a client that has gone
}

short UdpService::events(bool room) const { return room ? POLLIN : 0; }

void UdpService::handle(short revents, Outbox& out) {
  if (revents == 0) return;
  std::string buffer(kMaxPayload, '\0');
  sys::InetAddress from;
  for (int i = 0; i < kAtOnce && out.has_room(); ++i) {
    auto got = sys::receive_from(socket_.get(), buffer, from);
    // Nobody listens there any more, says an error that reading takes; the client asks again or gives up.
    if (!got) return;
    touch();
    out.push(Type::kData, id(), std::string_view(buffer).substr(0, *got));
  }
}

void UdpService::deliver(std::string_view bytes, Outbox& /*out*/) {
  touch();
  ignore(sys::send_some(socket_.get(), bytes));  // lost, as datagrams may be
}

}  // namespace kata::loopback
