#include "runtime/sandbox/stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata {

namespace {

constexpr std::chrono::milliseconds kForEver{-1};
constexpr size_t kMostSpliced = 1U << 20U;  // a pipe holds no more
constexpr size_t kCopied = 64U << 10U;

enum class Kind { kNone, kFifo, kPipe, kFile };

struct Address {
  Kind kind = Kind::kNone;
  std::string path;
};

bool is_fifo(const std::string& path) {
  auto info = sys::stat(path);
  return info.ok() && S_ISFIFO(info->st_mode);
}

Result<Address> parse(const std::string& uri) {
  if (uri.empty()) return Address{};
  auto mark = uri.find("://");
  if (mark == std::string::npos) return Address{is_fifo(uri) ? Kind::kFifo : Kind::kFile, uri};
  auto scheme = uri.substr(0, mark);
  auto path = uri.substr(mark + 3);
  if (scheme == "fifo") return Address{Kind::kFifo, path};
  if (scheme == "pipe") return Address{Kind::kPipe, path};
  if (scheme == "file") return Address{Kind::kFile, path};
  return Error::make(Code::kInvalidArgument, concat("stdio ", uri, ": unknown scheme \"", scheme, "\""))
      .hint("use a FIFO's path, fifo://, pipe://, file:// or binary://");
}

Result<UniqueFd> open_output(const Address& address) {
  switch (address.kind) {
    case Kind::kNone:
      return UniqueFd();
    case Kind::kFifo:
      return sys::open(address.path, O_RDWR | O_NONBLOCK);
    case Kind::kPipe:
      return sys::open(address.path, O_WRONLY | O_NONBLOCK);
    case Kind::kFile:
      return sys::open(address.path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  return UniqueFd();
}

// False when cancelled.
bool wait_ready(int fd, short events, const Cancel& cancel) {
  std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{cancel.event(), POLLIN, 0}};
  auto ready = sys::poll(fds, kForEver);
  return ready.ok() && fds[1].revents == 0;
}

bool is_ready(int fd, short events) {
  auto ready = sys::wait_for(fd, events, std::chrono::milliseconds(0));
  return ready.ok() && *ready;
}

}  // namespace

Result<std::shared_ptr<Cancel>> Cancel::create() { return std::make_shared<Cancel>(TRY(sys::event_fd())); }

void Cancel::now() { ignore(sys::signal_event(event_.get())); }

Sink::Sink(UniqueFd fd, HangUp hang_up, std::shared_ptr<Cancel> cancel)
    : fd_(std::move(fd)), hang_up_(hang_up), cancel_(std::move(cancel)) {}

Result<std::unique_ptr<Sink>> Sink::open(const std::string& uri, std::shared_ptr<Cancel> cancel) {
  auto address = TRY(parse(uri));
  auto fd = TRY_WRAP(open_output(address), "opening the output stream");
  auto hang_up = address.kind == Kind::kPipe ? HangUp::kReported : HangUp::kDropped;
  return std::make_unique<Sink>(std::move(fd), hang_up, std::move(cancel));
}

Sink::Outcome Sink::write(std::string_view data) {
  MutexLock lock(mutex_);
  return write_now(data);
}

Sink::Outcome Sink::write_now(std::string_view data) {
  while (!data.empty() && fd_) {
    auto written = sys::write_some(fd_.get(), data.data(), data.size());
    if (written) {
      data.remove_prefix(*written);
    } else if (!written.error().is_errno(EAGAIN)) {
      return failed();
    } else if (!wait_ready(fd_.get(), POLLOUT, *cancel_)) {
      return Outcome::kCancelled;
    }
  }
  return Outcome::kWritten;
}

// A reader that went away, a full disk: the workload runs on either way.
Sink::Outcome Sink::failed() {
  fd_.reset();
  return hang_up_ == HangUp::kReported ? Outcome::kReaderGone : Outcome::kWritten;
}

bool Sink::wait_for(int connection) const { return wait_ready(connection, POLLIN, *cancel_); }

Sink::Outcome Sink::pass_on(int connection) {
  MutexLock lock(mutex_);
  if (!fd_ || !spliceable_) return copy(connection);
  for (;;) {
    auto moved = ::splice(connection, nullptr, fd_.get(), nullptr, kMostSpliced, SPLICE_F_NONBLOCK);
    if (moved > 0) return Outcome::kWritten;
    if (moved == 0) return Outcome::kEnded;
    if (errno == EINTR) continue;
    if (errno == EINVAL) {  // a file that is appended to
      spliceable_ = false;
      return copy(connection);
    }
    if (errno != EAGAIN) return failed();  // if it is the connection that broke, the next read says so
    // One of both is not ready.
    if (!is_ready(connection, POLLIN)) return Outcome::kWritten;
    if (!wait_ready(fd_.get(), POLLOUT, *cancel_)) return Outcome::kCancelled;
  }
}

Sink::Outcome Sink::copy(int connection) {
  std::array<char, kCopied> buffer;
  auto got = sys::read_some(connection, buffer.data(), buffer.size());
  if (got && *got > 0) return write_now({buffer.data(), *got});
  return !got && got.error().is_errno(EAGAIN) ? Outcome::kWritten : Outcome::kEnded;
}

void Sink::close() {
  MutexLock lock(mutex_);
  fd_.reset();
}

Source::Source(UniqueFd read_end, UniqueFd keeper, std::shared_ptr<Cancel> cancel)
    : read_end_(std::move(read_end)), keeper_(std::move(keeper)), cancel_(std::move(cancel)) {}

Result<std::unique_ptr<Source>> Source::open(const std::string& uri, std::shared_ptr<Cancel> cancel) {
  auto address = TRY(parse(uri));
  UniqueFd read_end;
  UniqueFd keeper;
  if (address.kind != Kind::kNone) {
    read_end = TRY_WRAP(sys::open(address.path, O_RDONLY | O_NONBLOCK), "opening the input stream");
  }
  if (address.kind == Kind::kFifo) keeper = TRY(sys::open(address.path, O_WRONLY | O_NONBLOCK));
  return std::make_unique<Source>(std::move(read_end), std::move(keeper), std::move(cancel));
}

std::string Source::read(size_t limit) {
  // Poll first: reading a FIFO before its first writer came would look like the end.
  if (!read_end_ || !wait_ready(read_end_.get(), POLLIN, *cancel_)) return {};
  std::string data(limit, '\0');
  auto got = sys::read_some(read_end_.get(), data.data(), data.size());
  if (!got && got.error().is_errno(EAGAIN)) return read(limit);
  data.resize(got.ok() ? *got : 0);
  return data;
}

// What splice(2) cannot read: through a buffer.
bool Source::copy_rest_to(int connection) {
  for (;;) {
    auto data = read(kCopied);
    if (data.empty()) return true;
    for (std::string_view left = data; !left.empty();) {
      auto sent = ::send(connection, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent > 0) left.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (sent < 0 && !wait_ready(connection, POLLOUT, *cancel_)) return false;
    }
  }
}

bool Source::splice_rest_to(int connection) {
  while (read_end_ && wait_ready(read_end_.get(), POLLIN, *cancel_)) {
    auto moved = ::splice(read_end_.get(), nullptr, connection, nullptr, kMostSpliced, SPLICE_F_NONBLOCK);
    if (moved > 0 || (moved < 0 && errno == EINTR)) continue;
    if (moved == 0) break;
    if (errno == EINVAL) return copy_rest_to(connection);
    if (errno != EAGAIN) return false;
    if (is_ready(read_end_.get(), POLLIN) && !wait_ready(connection, POLLOUT, *cancel_)) return false;
  }
  return true;
}

bool Source::pass_rest_to(int connection) {
  if (!splice_rest_to(connection)) return false;
  ::shutdown(connection, SHUT_WR);
  wait_ready(connection, POLLIN, *cancel_);
  return true;
}

void Source::close() {
  read_end_.reset();
  release();
}

void Source::release() {
  MutexLock lock(mutex_);
  keeper_.reset();
}

}  // namespace kata
