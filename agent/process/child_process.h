// A Process that the agent launched: streams, a pidfd, and a thread that waits for its end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "agent/process/process.h"
#include "agent/process/reaper.h"
#include "agent/process/streams.h"
#include "lib/base/mutex.h"

namespace kata::agent {

struct ChildProcessConfig {
  std::string exec_id;
  pid_t pid = -1;  // from Reaper::spawn
  UniqueFd pidfd;
  StreamFds streams;
  // Called by the waiting thread after the end, before anybody hears of it. May be empty.
  std::function<void()> on_exit;
};

// The destructor waits for the process: kill it before.
class ChildProcess final : public Process {
 public:
  static Result<std::shared_ptr<ChildProcess>> create(ChildProcessConfig config, Reaper& reaper);
  ~ChildProcess() override;

  const std::string& exec_id() const override { return exec_id_; }
  pid_t pid() const override { return pid_; }
  Result<std::string> read(Stream stream, size_t limit) override;
  Result<size_t> write_stdin(std::string_view data) override;
  Result<> close_stdin() override;
  Result<> close_output(Stream stream) override;
  Result<> carry_output(Stream stream, int connection) override;
  Result<> carry_stdin(int connection) override;
  Result<> resize(uint32_t rows, uint32_t columns) override;
  sys::ExitStatus wait() override;
  bool exited() const override;
  Result<> signal(int signal) override;

 private:
  ChildProcess() = default;
  void watch(Reaper& reaper, const std::function<void()>& on_exit);

  std::string exec_id_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::unique_ptr<Streams> streams_;
  mutable Mutex mutex_;
  Condition ended_;
  std::optional<sys::ExitStatus> status_;
  std::thread watcher_;
};

}  // namespace kata::agent
