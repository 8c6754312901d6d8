// The agent's ends of a process's standard streams: pipes, or the master side of a terminal.
// Thread-safe: each stream may be read by one thread while others write or close.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

enum class Stream { kStdout, kStderr };

// One direction. A reader or writer that blocks keeps the descriptor alive through its shared
// pointer; close() takes it away and wakes them.
class StreamEnd {
 public:
  static Result<std::unique_ptr<StreamEnd>> create(std::shared_ptr<UniqueFd> fd);

  // Waits for data, for the end of the process (`exited` is its pidfd) or for close(). Empty at the end of the stream.
  Result<std::string> read(int exited, size_t limit);
  // Waits for room in the pipe. kFailedPrecondition when the stream is closed or nobody reads it any more.
  Result<size_t> write(int exited, std::string_view data);
  void close();

  // The same for a whole stream, to or from a connection, until one of both has ended (carry.cc).
  Result<> carry_to(int exited, int connection);
  Result<> carry_from(int exited, int connection);

 private:
  struct Wake {
    bool ready = false;
    bool exited = false;
    bool closed = false;
  };
  // `peer`, unless it is -1, counts as closed when it has hung up.
  Result<Wake> wait(int fd, short events, int exited, int peer = -1) const;
  // Reads up to `size` bytes that are there now. 0 is the end of the stream, a terminal's too.
  static Result<size_t> read_now(int fd, void* buffer, size_t size);
  // Takes at most `limit` bytes out of the descriptor. 0 is the end of the stream; EAGAIN means that there is nothing
  // now.
  using Take = std::function<Result<size_t>(int fd, size_t limit)>;
  // Takes the first bytes that come, under the rules of read().
  Result<size_t> take(int exited, int peer, size_t limit, const Take& take_now);
  Result<size_t> take_last(int fd, size_t limit, const Take& take_now);
  std::shared_ptr<UniqueFd> held() const;

  mutable Mutex mutex_;
  std::shared_ptr<UniqueFd> fd_ GUARDED_BY(mutex_);
  UniqueFd closed_;  // an eventfd, readable from close() on
  // What was in the pipe when the process was found ended: a child that outlives it and goes on
  // writing must not keep the stream alive. For the one reader only.
  std::optional<size_t> left_;
};

// The agent's ends, as they come from the launch. With a terminal, `master` is set and the pipes are not.
struct StreamFds {
  UniqueFd in;
  UniqueFd out;
  UniqueFd err;
  UniqueFd master;
};

class Streams {
 public:
  static Result<std::unique_ptr<Streams>> create(StreamFds fds);

  Result<std::string> read(Stream stream, int exited, size_t limit);
  Result<size_t> write_stdin(int exited, std::string_view data);
  Result<> carry_output(Stream stream, int exited, int connection);
  Result<> carry_stdin(int exited, int connection);
  void close_stdin();
  void close_output(Stream stream);
  Result<> resize(uint32_t rows, uint32_t columns);

 private:
  bool terminal_ = false;
  std::weak_ptr<UniqueFd> master_;
  std::unique_ptr<StreamEnd> in_;
  std::unique_ptr<StreamEnd> out_;
  std::unique_ptr<StreamEnd> err_;
};

}  // namespace kata::agent
