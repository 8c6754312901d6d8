// HTTPS to the cluster's API server, with the rights of this pod's service account. Not thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/result.h"

namespace kata::deploy {

struct Access {
  std::string url;        // "https://10.0.0.1:443"
  std::string token;      // of the service account
  std::string authority;  // who signed the server's certificate, in PEM
};

// Where every pod finds it: two variables of the environment, and the files of `directory`. Nothing outside of a
// cluster.
Result<std::optional<Access>> access_of_pod(const std::string& host, const std::string& port,
                                            const std::string& directory);

struct Request {
  std::string method = "GET";
  std::string path;  // "/api/v1/nodes/one"
  std::string body;
  std::string type = "application/json";
};

struct Answer {
  long status = 0;  // of HTTP
  std::string body;
};

class Client {
 public:
  // `patience`: how long a server that cannot be reached, or has no time, is asked again: an engine's restart may take
  // it along.
  Client(Access access, std::chrono::seconds patience);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Whatever the server answers, 404 too, is no error.
  Result<Answer> ask(const Request& request);

 private:
  struct Handle;
  Result<Answer> ask_once(const Request& request);

  Access access_;
  std::chrono::seconds patience_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace kata::deploy
