// Datagrams to a daemon's Unix socket that never wait and never raise SIGPIPE.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::log {

// Not thread-safe. The daemon may restart: each message is addressed anew.
class Datagram {
 public:
  // An error when nobody listens there.
  static Result<Datagram> create(const std::string& path);

  // 0 or the errno: EMSGSIZE is too large, EAGAIN is a daemon that doesn't read.
  int send(std::string_view data) const;
  int send_fd(int fd) const;  // an empty message with the descriptor

 private:
  Datagram(UniqueFd socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}
  UniqueFd socket_;
  std::string path_;
};

}  // namespace kata::log
