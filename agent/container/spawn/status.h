// How a child that is being set up talks to the agent: messages over a SOCK_SEQPACKET pair. The
// child's end is close-on-exec, so that the end of the connection means "the workload runs".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

enum class StatusKind : char {
  kWarning = 'w',   // text for the agent's log: the child must not log by itself
  kTerminal = 't',  // carries the master side of the terminal
  kMounted = 'm',   // namespaces and mounts are there; the child waits for go()
  kReady = 'r',     // everything up to exec is done; the child waits for go()
  kError = 'e',     // the child gives up
};

struct StatusMessage {
  StatusKind kind = StatusKind::kError;
  Code code = Code::kInternal;  // kError only
  std::string text;
  std::string hint;
  UniqueFd fd;  // kTerminal only
};

// One end. Not thread-safe.
class StatusChannel {
 public:
  explicit StatusChannel(UniqueFd fd) : fd_(std::move(fd)) {}
  static Result<std::pair<StatusChannel, StatusChannel>> create();

  int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

  // The child's half. To an agent that is gone it cannot write, of which it dies (SIGPIPE).
  Result<> send(StatusKind kind, std::string_view text = {});
  Result<> send_terminal(int master);
  void warn(std::string_view text);  // a warning that cannot be sent is lost
  void fail(const Error& error);
  Result<> wait_for_go();  // an agent that is gone is an error

  // The agent's half. receive() returns nothing when the other end is closed.
  Result<std::optional<StatusMessage>> receive();
  Result<> go();

 private:
  UniqueFd fd_;
};

}  // namespace kata::agent
