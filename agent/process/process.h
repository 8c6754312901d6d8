// A process of a container: its pid, its standard streams, and how it ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::agent {

enum class Stream { kStdout, kStderr };

// Thread-safe: each stream may be read by one thread while others write, wait, or resize.
class Process {
 public:
  virtual ~Process() = default;
  virtual const std::string& exec_id() const = 0;
  virtual pid_t pid() const = 0;  // in the agent's PID namespace

  // Blocks for data; empty at the end of the stream. After the process ended, everything that was
  // written before its end is still read, then the stream ends even if a child holds it open.
  virtual Result<std::string> read(Stream stream, size_t limit) = 0;
  // Blocks while the pipe is full; the number of bytes taken. A closed stdin is kFailedPrecondition.
  virtual Result<size_t> write_stdin(std::string_view data) = 0;
  virtual Result<> close_stdin() = 0;
  // Closes our end of an output stream: the workload's next write gets SIGPIPE.
  virtual Result<> close_output(Stream stream) = 0;
  // Moves a stream's bytes to a connection (blocking, a socket) or, as standard input, from it, until either side has
  // ended; the same ends as above. Blocks.
  virtual Result<> carry_output(Stream stream, int connection) = 0;
  virtual Result<> carry_stdin(int connection) = 0;
  virtual Result<> resize(uint32_t rows, uint32_t columns) = 0;  // kFailedPrecondition without a terminal

  // Blocks until the end; may be called by any number of threads and after the end.
  virtual sys::ExitStatus wait() = 0;
  virtual bool exited() const = 0;
  // A process that has ended is kNotFound.
  virtual Result<> signal(int signal) = 0;
};

}  // namespace kata::agent
