// The host's ends of a process's streams: where its output goes and its input comes from.
//
//   ""                 nowhere: output is read and dropped, input is empty
//   <path>, fifo://    a FIFO of containerd. We hold both ends, so that its restart loses nothing; the input
//                      ends when CloseIO was called and containerd closed its end
//   pipe://<path>      a FIFO of our command line. We hold one end, so that a hang-up means something
//   file://<path>      a file that is appended to
//   binary://<path>?…  a logging program, see logger.h
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata {

struct Stdio {
  std::string in, out, err;
  bool terminal = false;
  bool lf_only = false;  // the terminal leaves a line feed alone
};

// Something that stops blocking operations on streams, once and for all. Thread-safe.
class Cancel {
 public:
  static Result<std::shared_ptr<Cancel>> create();
  explicit Cancel(UniqueFd event) : event_(std::move(event)) {}
  void now();
  int event() const { return event_.get(); }  // readable from now() on

 private:
  UniqueFd event_;
};

// Where one stream of output goes. One writer; close() from any thread.
class Sink {
 public:
  enum class Outcome { kWritten, kReaderGone, kCancelled, kEnded };

  // A FIFO of the command line that nobody reads is an error.
  static Result<std::unique_ptr<Sink>> open(const std::string& uri, std::shared_ptr<Cancel> cancel);
  // What a reader that goes away means: to a FIFO of our command line's that nobody wants the output any more
  // (kReaderGone), to any other that it is dropped from then on.
  enum class HangUp { kReported, kDropped };
  // Over an open descriptor, e.g. a pipe to a logging program.
  Sink(UniqueFd fd, HangUp hang_up, std::shared_ptr<Cancel> cancel);

  // Waits for a slow reader as long as it takes, or until cancelled.
  Outcome write(std::string_view data);
  // Writes what has come on a connection (non-blocking); kEnded at its end, kWritten also when nothing had come.
  Outcome pass_on(int connection);
  // False when cancelled while waiting for the connection.
  bool wait_for(int connection) const;
  // The reader sees the end of the stream. Idempotent.
  void close();

 private:
  Outcome write_now(std::string_view data) REQUIRES(mutex_);
  Outcome copy(int connection) REQUIRES(mutex_);
  Outcome failed() REQUIRES(mutex_);

  Mutex mutex_;  // held while writing, so that the descriptor does not change hands
  UniqueFd fd_ GUARDED_BY(mutex_);
  const HangUp hang_up_;
  bool spliceable_ GUARDED_BY(mutex_) = true;  // until it was found not to be
  std::shared_ptr<Cancel> cancel_;
};

// Where input comes from. One reader; release() from any thread.
class Source {
 public:
  // Empty when there is no input at all.
  static Result<std::unique_ptr<Source>> open(const std::string& uri, std::shared_ptr<Cancel> cancel);
  Source(UniqueFd read_end, UniqueFd keeper, std::shared_ptr<Cancel> cancel);

  // The next bytes, at most `limit`; empty at the end, which a cancellation is too.
  std::string read(size_t limit);
  // Moves the rest to a connection (non-blocking) and ends its sending side; false when the other side takes no more.
  // When it returns, the other side has closed the connection, too: it has passed everything on.
  bool pass_rest_to(int connection);
  // Our write end goes: once the other side closed its own, the end of the stream is seen.
  void release();
  // No more reads: the other side's writes fail. By the reader.
  void close();

 private:
  bool splice_rest_to(int connection);
  bool copy_rest_to(int connection);

  UniqueFd read_end_;  // the reader's
  Mutex mutex_;
  UniqueFd keeper_ GUARDED_BY(mutex_);
  std::shared_ptr<Cancel> cancel_;
};

}  // namespace kata
