// A ttrpc client on one connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::ttrpc {

// Any number of threads may call at once; answers may come in any order.
// One reader thread, joined by the destructor.
class Client {
 public:
  // Takes the connected stream over.
  static Result<std::unique_ptr<Client>> create(UniqueFd stream);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // No deadline when `timeout` is zero. A status other than OK comes back as an Error with that
  // code and message; a lost connection is kUnavailable, a deadline kDeadlineExceeded.
  Result<std::string> call(std::string_view service, std::string_view method, std::string_view payload,
                           std::chrono::nanoseconds timeout = {});

  // Ends the connection: every pending and later call fails with kUnavailable and `reason`.
  void shut_down(std::string_view reason);
  bool closed() const;

  // Called once, from the reader thread, when the connection ended by itself, with the reason.
  void on_close(std::function<void(std::string_view reason)> callback);

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kata::ttrpc
