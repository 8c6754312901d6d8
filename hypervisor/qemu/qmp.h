// A client of QEMU's machine protocol over a connected socket.
// Thread-safe. One thread calls receive() whenever the socket is readable; any thread calls execute().
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "hypervisor/qemu/qmp_message.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::hypervisor {

class Qmp {
 public:
  explicit Qmp(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  // Reads what has arrived and hands it to who waits. False at the end of the connection, or when
  // QEMU broke the protocol; every execute(), waiting or later, fails from then on.
  bool receive();

  // Sends a command and waits for its answer. Error: QEMU's own description; kUnavailable when the
  // connection ended; kDeadlineExceeded. `arguments`: a JSON object, or empty.
  Result<std::string> execute(std::string_view command, std::chrono::milliseconds timeout,
                              std::string_view arguments = {});

  // Why QEMU said that it shuts down ("guest-shutdown", "guest-reset", …); empty when it did not.
  std::string shutdown_reason() const;
  std::string version() const;  // QEMU's, from the greeting

 private:
  bool take_lines();
  void deliver(QmpMessage message);
  void fail(const Error& why);

  UniqueFd socket_;
  std::string input_;  // receive() only
  mutable std::mutex mutex_;
  std::mutex write_mutex_;
  std::condition_variable answered_;
  std::map<uint64_t, std::optional<QmpMessage>> waiting_;
  std::optional<Error> failed_;
  uint64_t next_id_ = 1;
  std::string shutdown_reason_;
  std::string version_;
};

}  // namespace kata::hypervisor
