#include "agent/process/streams.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/sys/fd.h"

namespace kata::agent {

namespace {

constexpr size_t kMostAtOnce = 1U << 20U;  // a pipe holds no more: /proc/sys/fs/pipe-max-size

// Returns as much room as there is data, so that a reader that waits holds no memory.
size_t room_for(int fd, size_t limit) {
  int pending = 0;
  if (::ioctl(fd, FIONREAD, &pending) < 0 || pending <= 0) pending = 4096;
  return std::clamp<size_t>(static_cast<size_t>(pending), 1, std::clamp<size_t>(limit, 1, kMostAtOnce));
}

// Writes without the SIGPIPE that would come with EPIPE: a pipe knows no MSG_NOSIGNAL. A SIGPIPE that was pending
// before stays pending.
Result<size_t> write_quietly(int fd, std::string_view data) {
  sigset_t pipe_signal;
  sigset_t before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  auto put = sys::write_some(fd, data.data(), data.size());
  if (!put && put.error().is_errno(EPIPE)) {
    timespec now{};
    ::sigtimedwait(&pipe_signal, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return put;
}

Error stdin_closed() { return Error::make(Code::kFailedPrecondition, "standard input is closed"); }

}  // namespace

Result<std::unique_ptr<StreamEnd>> StreamEnd::create(std::shared_ptr<UniqueFd> fd) {
  auto end = std::make_unique<StreamEnd>();
  end->closed_ = TRY(sys::event_fd());
  if (!fd || !*fd) return end;
  TRY(sys::set_nonblocking(fd->get(), true));
  MutexLock lock(end->mutex_);
  end->fd_ = std::move(fd);
  return end;
}

std::shared_ptr<UniqueFd> StreamEnd::held() const {
  MutexLock lock(mutex_);
  return fd_;
}

void StreamEnd::close() {
  MutexLock lock(mutex_);
  fd_.reset();
  ignore(sys::signal_event(closed_.get()));  // a second close changes nothing
}

// It asks for POLLRDHUP, because a vsock whose peer has closed it does not say POLLHUP.
Result<StreamEnd::Wake> StreamEnd::wait(int fd, short events, int exited, int peer) const {
  std::array<pollfd, 4> fds{{{fd, events, 0}, {exited, POLLIN, 0}, {closed_.get(), POLLIN, 0}, {peer, POLLRDHUP, 0}}};
  TRY(sys::poll(fds, std::chrono::milliseconds(-1)));
  return Wake{fds[0].revents != 0, fds[1].revents != 0, fds[2].revents != 0 || fds[3].revents != 0};
}

Result<size_t> StreamEnd::read_now(int fd, void* buffer, size_t size) {
  auto got = sys::read_some(fd, buffer, size);
  if (!got && got.error().is_errno(EIO)) return size_t{0};  // a terminal's end: pty(7)
  return got;
}

Result<size_t> StreamEnd::take_last(int fd, size_t limit, const Take& take_now) {
  if (!left_) {
    int pending = 0;
    if (::isatty(fd) != 0 || ::ioctl(fd, FIONREAD, &pending) < 0) return take_now(fd, limit);
    left_ = static_cast<size_t>(pending);
  }
  if (*left_ == 0) return size_t{0};
  auto taken = TRY(take_now(fd, std::min(limit, *left_)));
  *left_ -= taken;
  return taken;
}

Result<size_t> StreamEnd::take(int exited, int peer, size_t limit, const Take& take_now) {
  auto fd = held();
  while (fd) {
    auto wake = TRY(wait(fd->get(), POLLIN, exited, peer));
    if (wake.closed) break;
    auto taken = wake.exited ? take_last(fd->get(), limit, take_now) : take_now(fd->get(), limit);
    if (taken && *taken > 0) return taken;
    // The process was seen ended and the stream then found empty: what comes now is written by somebody else.
    if (taken || (wake.exited && taken.error().is_errno(EAGAIN))) break;
    if (!taken.error().is_errno(EAGAIN)) return taken.error();
  }
  close();  // the end stays the end
  return size_t{0};
}

Result<std::string> StreamEnd::read(int exited, size_t limit) {
  std::string data;
  auto take_now = [&](int fd, size_t most) {
    data.resize(room_for(fd, most));
    return read_now(fd, data.data(), data.size());
  };
  data.resize(TRY(take(exited, -1, limit, take_now)));
  return data;
}

Result<size_t> StreamEnd::write(int exited, std::string_view data) {
  auto fd = held();
  while (fd) {
    if (data.empty()) return size_t{0};
    auto wake = TRY(wait(fd->get(), POLLOUT, exited));
    if (wake.closed || wake.exited) break;
    auto put = write_quietly(fd->get(), data);
    if (put) return *put;
    if (put.error().is_errno(EPIPE) || put.error().is_errno(EIO)) break;
    if (!put.error().is_errno(EAGAIN)) return put.error();
  }
  close();
  return stdin_closed();
}

Result<std::unique_ptr<Streams>> Streams::create(StreamFds fds) {
  auto streams = std::make_unique<Streams>();
  streams->terminal_ = static_cast<bool>(fds.master);
  auto in = std::make_shared<UniqueFd>(std::move(streams->terminal_ ? fds.master : fds.in));
  auto out = streams->terminal_ ? in : std::make_shared<UniqueFd>(std::move(fds.out));
  if (streams->terminal_) streams->master_ = in;
  streams->in_ = TRY(StreamEnd::create(in));
  streams->out_ = TRY(StreamEnd::create(out));
  streams->err_ = TRY(StreamEnd::create(std::make_shared<UniqueFd>(std::move(fds.err))));
  return streams;
}

Result<std::string> Streams::read(Stream stream, int exited, size_t limit) {
  return (stream == Stream::kStdout ? out_ : err_)->read(exited, limit);
}

Result<size_t> Streams::write_stdin(int exited, std::string_view data) { return in_->write(exited, data); }

Result<> Streams::carry_output(Stream stream, int exited, int connection) {
  auto carried = (stream == Stream::kStdout ? out_ : err_)->carry_to(exited, connection);
  close_output(stream);
  return carried;
}

Result<> Streams::carry_stdin(int exited, int connection) { return in_->carry_from(exited, connection); }

void Streams::close_stdin() { in_->close(); }

void Streams::close_output(Stream stream) {
  (stream == Stream::kStdout ? out_ : err_)->close();
  if (terminal_ && stream == Stream::kStdout) in_->close();  // the last one hangs the terminal up
}

Result<> Streams::resize(uint32_t rows, uint32_t columns) {
  auto master = master_.lock();
  if (!terminal_) return Error::make(Code::kFailedPrecondition, "the process has no terminal");
  if (!master) return {};  // hung up
  winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
  if (::ioctl(master->get(), TIOCSWINSZ, &size) < 0) return Error::sys(errno, "resize the terminal");
  return {};
}

}  // namespace kata::agent
