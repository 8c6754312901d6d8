#include "agent/process/process.h"

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"

namespace kata::agent {

Result<std::shared_ptr<Process>> Process::create(ProcessConfig config, Reaper& reaper) {
  std::shared_ptr<Process> process(new Process);
  process->exec_id_ = std::move(config.exec_id);
  process->pid_ = config.pid;
  process->pidfd_ = std::move(config.pidfd);
  process->streams_ = TRY(Streams::create(std::move(config.streams)));
  process->watcher_ =
      TRY(sys::Thread::start("process", [self = process.get(), &reaper, on_exit = std::move(config.on_exit)] {
        self->watch(reaper, on_exit);
      }));
  return process;
}

Process::~Process() = default;

void Process::watch(Reaper& reaper, const std::function<void()>& on_exit) {
  auto status = reaper.wait(pid_);
  if (!status) log::error("process", status.error().text());
  if (on_exit) on_exit();
  constexpr sys::ExitStatus kUnknown{255, 0, false};
  MutexLock lock(mutex_);
  status_ = status ? *status : kUnknown;
  ended_.notify_all();
}

Result<std::string> Process::read(Stream stream, size_t limit) { return streams_->read(stream, pidfd_.get(), limit); }

Result<size_t> Process::write_stdin(std::string_view data) { return streams_->write_stdin(pidfd_.get(), data); }

void Process::close_stdin() { streams_->close_stdin(); }

void Process::close_output(Stream stream) { streams_->close_output(stream); }

Result<> Process::carry_output(Stream stream, int connection) {
  return streams_->carry_output(stream, pidfd_.get(), connection);
}

Result<> Process::carry_stdin(int connection) { return streams_->carry_stdin(pidfd_.get(), connection); }

Result<> Process::resize(uint32_t rows, uint32_t columns) { return streams_->resize(rows, columns); }

sys::ExitStatus Process::wait() {
  MutexLock lock(mutex_);
  ended_.wait(mutex_, [&]() REQUIRES(mutex_) { return status_.has_value(); });
  return *status_;
}

bool Process::exited() const {
  MutexLock lock(mutex_);
  return status_.has_value();
}

Result<> Process::signal(int signal) {
  auto sent = sys::pidfd_signal(pidfd_.get(), signal);
  if (!sent && sent.error().is_errno(ESRCH)) {
    return Error::make(Code::kNotFound, concat("process ", pid_, " has ended"));
  }
  return sent;
}

}  // namespace kata::agent
