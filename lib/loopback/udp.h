// The datagrams between one client and one service. The client's side answers from the mirror that the client has
// sent to, the service's side has a socket of its own. Datagrams may be lost, as on any network.
#pragma once

#include <memory>

#include "lib/base/unique_fd.h"
#include "lib/loopback/conversation.h"
#include "lib/loopback/mirrors.h"

namespace kata::loopback {

// Where the client is.
class UdpClient final : public Conversation {
 public:
  UdpClient(uint32_t id, std::shared_ptr<Mirror> mirror, const sys::InetAddress& client)
      : Conversation(id), mirror_(std::move(mirror)), client_(client) {}

  const Mirror& mirror() const { return *mirror_; }
  const sys::InetAddress& client() const { return client_; }
  // The client has sent it. Dropped without room.
  void send(std::string_view datagram, Outbox& out);

  bool is_stream() const override { return false; }
  int fd() const override { return -1; }  // the mirror is the relay's to read
  short events(bool /*room*/) const override { return 0; }
  void handle(short /*revents*/, Outbox& /*out*/) override {}
  void deliver(std::string_view bytes, Outbox& out) override;
  void end_of_input(Outbox& /*out*/) override {}
  void widen(uint32_t /*bytes*/) override {}

 private:
  std::shared_ptr<Mirror> mirror_;
  const sys::InetAddress client_;
};

// Where the service is.
class UdpService final : public Conversation {
 public:
  UdpService(uint32_t id, UniqueFd socket) : Conversation(id), socket_(std::move(socket)) {}

  bool is_stream() const override { return false; }
  int fd() const override { return socket_.get(); }
  short events(bool room) const override;
  void handle(short revents, Outbox& out) override;
  void deliver(std::string_view bytes, Outbox& out) override;
  void end_of_input(Outbox& /*out*/) override {}
  void widen(uint32_t /*bytes*/) override {}

 private:
  UniqueFd socket_;
};

}  // namespace kata::loopback
