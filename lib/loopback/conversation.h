// What goes on between a program on this side and one on the other: a TCP connection, or the datagrams of one client.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "lib/loopback/outbox.h"

namespace kata::loopback {

using Clock = std::chrono::steady_clock;

// All of it belongs to the relay's thread.
class Conversation {
 public:
  explicit Conversation(uint32_t id) : id_(id), used_(Clock::now()) {}
  virtual ~Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  uint32_t id() const { return id_; }
  bool finished() const { return finished_; }  // nothing comes any more; both sides know
  Clock::time_point used() const { return used_; }

  virtual bool is_stream() const = 0;
  // What to wait for, on which descriptor; 0 for nothing.
  virtual int fd() const = 0;
  virtual short events(bool room) const = 0;
  virtual void handle(short revents, Outbox& out) = 0;

  // From the other side.
  virtual void deliver(std::string_view bytes, Outbox& out) = 0;
  virtual void end_of_input(Outbox& out) = 0;
  virtual void widen(uint32_t bytes) = 0;
  virtual void reset() { finished_ = true; }

  // From this side: the other one is told.
  void give_up(Outbox& out) {
    if (finished_) return;
    out.push(Type::kReset, id_);
    reset();
  }

 protected:
  void touch() { used_ = Clock::now(); }
  void finish() { finished_ = true; }

 private:
  const uint32_t id_;
  Clock::time_point used_;
  bool finished_ = false;
};

}  // namespace kata::loopback
