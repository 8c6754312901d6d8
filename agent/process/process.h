// A process of a container: its pid, its standard streams, and how it ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/process/reaper.h"
#include "agent/process/streams.h"
#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/sys/process.h"
#include "lib/sys/thread.h"

namespace kata::agent {

struct ProcessConfig {
  std::string exec_id;
  pid_t pid = -1;  // from Reaper::spawn()
  UniqueFd pidfd;
  StreamFds streams;
  // Called by the thread that waits for the process, after its end and before anybody hears of it. May be empty.
  std::function<void()> on_exit;
};

// Owns the agent's ends of the streams and a thread that waits for the end. Thread-safe: each stream may be read by one
// thread while others write, wait, or resize. Never copied or moved: callers share it by pointer.
class Process {
 public:
  // The reaper outlives the process. On failure the caller still has to kill the process and to wait for it.
  static Result<std::shared_ptr<Process>> create(ProcessConfig config, Reaper& reaper);
  ~Process();  // waits for the end of the process: kill it before

  const std::string& exec_id() const { return exec_id_; }
  pid_t pid() const { return pid_; }  // in the agent's PID namespace

  // Blocks until there is data; empty at the end of the stream. After the process has ended, everything that was
  // written before its end is still read, and then the stream ends even if a child holds it open.
  Result<std::string> read(Stream stream, size_t limit);
  // Blocks while the pipe is full. Returns the number of bytes taken. A closed stdin is kFailedPrecondition.
  Result<size_t> write_stdin(std::string_view data);
  void close_stdin();
  // Closes our end of an output stream: the workload's next write gets SIGPIPE.
  void close_output(Stream stream);
  // Moves the bytes of a stream to a connection (a blocking socket) or, for standard input, from it, until either side
  // has ended. The stream ends as it does for read() and write_stdin(). Blocks.
  Result<> carry_output(Stream stream, int connection);
  Result<> carry_stdin(int connection);
  Result<> resize(uint32_t rows, uint32_t columns);  // kFailedPrecondition without a terminal

  // Blocks until the end. Any number of threads may wait, after the end too.
  sys::ExitStatus wait() EXCLUDES(mutex_);
  bool exited() const EXCLUDES(mutex_);
  // A process that has ended is kNotFound.
  Result<> signal(int signal);

 private:
  Process() = default;
  void watch(Reaper& reaper, const std::function<void()>& on_exit) EXCLUDES(mutex_);

  // Set by create(), then constant.
  std::string exec_id_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::unique_ptr<Streams> streams_;

  mutable Mutex mutex_;
  Condition ended_;
  std::optional<sys::ExitStatus> status_ GUARDED_BY(mutex_);
  sys::Thread watcher_;
};

}  // namespace kata::agent
