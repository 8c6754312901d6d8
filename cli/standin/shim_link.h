// The stand-in's connection to the shim: sends calls, and picks the answers to two of them.
// One thread; never blocks but in send(), whose few bytes always fit a Unix socket's buffer.
#pragma once

#include <cstdint>

#include "cli/standin/wire.h"

namespace kata::standin {

class ShimLink {
 public:
  // `socket` is connected and stays the caller's.
  ShimLink(int socket, const char* id, const char* exec_id) : socket_(socket), id_(id), exec_id_(exec_id) {}

  void wait() { wait_stream_ = call("Wait", 0, 0); }
  void kill(int signal) { call("Kill", static_cast<uint64_t>(signal), 0); }
  void resize(unsigned width, unsigned height) { call("ResizePty", width, height); }
  void remove() { delete_stream_ = call("Delete", 0, 0); }

  // Reads what has arrived. Call it when the socket is readable.
  void receive();

  bool lost() const { return lost_; }        // the connection ended
  bool ended() const { return ended_; }      // Wait was answered
  bool removed() const { return removed_; }  // Delete was answered
  int exit_status() const { return exit_status_; }
  // Why the machine died, or what Wait failed with; empty when the process ended by itself.
  Bytes cause() const { return {cause_, cause_size_}; }

 private:
  uint32_t call(const char* method, uint64_t third, uint64_t fourth);
  void take(const uint8_t* data, size_t size);
  void finish_frame();
  void answer_wait(const Reply& reply, bool valid);
  void keep_cause(Bytes text);

  int socket_;
  const char* id_;
  const char* exec_id_;
  uint32_t next_stream_ = 1;  // a client's streams are odd
  uint32_t wait_stream_ = 0;
  uint32_t delete_stream_ = 0;

  uint8_t frame_[16384];   // the front of a frame; what goes beyond is skipped
  size_t kept_ = 0;        // bytes in frame_
  uint64_t received_ = 0;  // bytes of this frame so far, header included

  bool lost_ = false;
  bool ended_ = false;
  bool removed_ = false;
  int exit_status_ = 255;
  uint8_t cause_[8192];
  size_t cause_size_ = 0;
};

}  // namespace kata::standin
