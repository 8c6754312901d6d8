// A client of QEMU's machine protocol over a connected socket.
// Thread-safe. One thread calls receive() whenever the socket is readable; any thread calls execute().
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/qemu/qmp_message.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::hypervisor {

class Qmp {
 public:
  // The events about one device, or of one name, since this was made: make it before the command that brings them
  // about. At most kMaxEvents wait; later ones are dropped. The client must outlive it.
  class Events {
   public:
    static constexpr size_t kMaxEvents = 64;  // a guest can cause events without end

    Events(Qmp& qmp, std::string subject);
    ~Events();
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    // Nothing on time-out. Error: the connection ended (kUnavailable).
    Result<std::optional<QmpMessage>> next(std::chrono::milliseconds timeout);

   private:
    friend class Qmp;
    // From the client, which holds its lock; clang cannot see that it is the same one.
    void deliver(const QmpMessage& message) NO_THREAD_SAFETY_ANALYSIS;

    Qmp& qmp_;
    const std::string subject_;
    std::deque<QmpMessage> arrived_ GUARDED_BY(qmp_.mutex_);
  };

  explicit Qmp(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  // Reads what has arrived and hands it to who waits. False at the end of the connection, or when
  // QEMU broke the protocol; every execute(), waiting or later, fails from then on.
  bool receive();

  // Sends a command and waits for its answer. Error: QEMU's own description (kNotFound when it names a device that
  // is not there); kUnavailable when the connection ended; kDeadlineExceeded. `arguments`: a JSON object, or empty.
  Result<std::string> execute(std::string_view command, std::chrono::milliseconds timeout,
                              std::string_view arguments = {});
  // The same with a copy of a descriptor, which the commands "getfd" and "add-fd" take. One at a time.
  Result<std::string> execute_with_fd(std::string_view command, int fd, std::chrono::milliseconds timeout,
                                      std::string_view arguments);

  // Why QEMU said that it shuts down ("guest-shutdown", "guest-reset", …); empty when it did not.
  std::string shutdown_reason() const;
  std::string version() const;  // QEMU's, from the greeting

 private:
  Result<std::string> exchange(std::string_view command, std::chrono::milliseconds timeout, std::string_view arguments,
                               int fd);
  void deliver_event(QmpMessage message) REQUIRES(mutex_);
  bool take_lines();
  void deliver(QmpMessage message);
  void fail(const Error& why);

  UniqueFd socket_;
  std::string input_;  // receive() only
  mutable Mutex mutex_;
  Mutex write_mutex_;  // held while a command is written, which the loop's thread never does
  Condition changed_;
  std::vector<Events*> listeners_ GUARDED_BY(mutex_);
  std::map<uint64_t, std::optional<QmpMessage>> waiting_ GUARDED_BY(mutex_);
  std::optional<Error> failed_ GUARDED_BY(mutex_);
  uint64_t next_id_ GUARDED_BY(mutex_) = 1;
  std::string shutdown_reason_ GUARDED_BY(mutex_);
  std::string version_ GUARDED_BY(mutex_);
};

}  // namespace kata::hypervisor
