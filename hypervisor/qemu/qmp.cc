#include "hypervisor/qemu/qmp.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"

namespace kata::hypervisor {

bool Qmp::receive() {
  std::array<char, 4096> buffer;
  auto got = sys::read_some(socket_.get(), buffer.data(), buffer.size());
  if (!got || *got == 0) {
    fail(Error::make(Code::kUnavailable, "QEMU closed its control connection"));
    return false;
  }
  input_.append(buffer.data(), *got);
  return take_lines();
}

bool Qmp::take_lines() {
  size_t start = 0;
  for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', start)) {
    auto line = std::string_view(input_).substr(start, end - start);
    start = end + 1;
    if (line.empty() || line == "\r") continue;
    auto message = parse_qmp(line);
    if (!message) {
      fail(message.error());
      return false;
    }
    deliver(std::move(message).value());
  }
  input_.erase(0, start);
  if (input_.size() <= kMaxQmpLine) return true;
  fail(Error::make(Code::kDataLoss, "QMP: a line longer than 1 MiB"));
  return false;
}

void Qmp::deliver(QmpMessage message) {
  MutexLock lock(mutex_);
  switch (message.kind) {
    case QmpMessage::Kind::kGreeting:
      version_ = message.text;
      return;
    case QmpMessage::Kind::kEvent:
      deliver_event(std::move(message));
      return;
    case QmpMessage::Kind::kReply:
    case QmpMessage::Kind::kError:
      // An answer that nobody waits for any more was given up on.
      if (auto it = waiting_.find(message.id); it != waiting_.end()) it->second = std::move(message);
      changed_.notify_all();
  }
}

void Qmp::deliver_event(QmpMessage message) {
  log::debug("qemu", "event", {{"name", message.name}, {"data", message.data}});
  if (message.name == "SHUTDOWN" && shutdown_reason_.empty()) shutdown_reason_ = message.reason;
  for (auto* listener : listeners_) listener->deliver(message);
  changed_.notify_all();
}

Qmp::Events::Events(Qmp& qmp, std::string subject) : qmp_(qmp), subject_(std::move(subject)) {
  MutexLock lock(qmp_.mutex_);
  qmp_.listeners_.push_back(this);
}

void Qmp::Events::deliver(const QmpMessage& message) {
  bool wanted = subject_ == message.device || subject_ == message.name;
  if (wanted && arrived_.size() < kMaxEvents) arrived_.push_back(message);
}

Qmp::Events::~Events() {
  MutexLock lock(qmp_.mutex_);
  std::erase(qmp_.listeners_, this);
}

Result<std::optional<QmpMessage>> Qmp::Events::next(std::chrono::milliseconds timeout) {
  MutexLock lock(qmp_.mutex_);
  qmp_.changed_.wait_for(qmp_.mutex_, timeout,
                         [&]() REQUIRES(qmp_.mutex_) { return !arrived_.empty() || qmp_.failed_.has_value(); });
  std::optional<QmpMessage> out;
  if (arrived_.empty()) {
    if (qmp_.failed_) return *qmp_.failed_;
    return out;
  }
  out = std::move(arrived_.front());
  arrived_.pop_front();
  return out;
}

void Qmp::fail(const Error& why) {
  MutexLock lock(mutex_);
  failed_ = why;
  changed_.notify_all();
}

Result<std::string> Qmp::execute(std::string_view command, std::chrono::milliseconds timeout,
                                 std::string_view arguments) {
  return exchange(command, timeout, arguments, -1);
}

Result<std::string> Qmp::execute_with_fd(std::string_view command, int fd, std::chrono::milliseconds timeout,
                                         std::string_view arguments) {
  return exchange(command, timeout, arguments, fd);
}

Result<std::string> Qmp::exchange(std::string_view command, std::chrono::milliseconds timeout,
                                  std::string_view arguments, int fd) {
  uint64_t id = 0;
  {
    MutexLock lock(mutex_);
    if (failed_) return failed_->wrap(command);
    id = next_id_++;
    waiting_[id];
  }
  auto sent = [&] {
    MutexLock lock(write_mutex_);
    auto line = qmp_command(command, id, arguments);
    return fd < 0 ? sys::write_all(socket_.get(), line) : sys::send_fds(socket_.get(), line, std::array{fd});
  }();
  MutexLock lock(mutex_);
  auto done = [&]() REQUIRES(mutex_) { return waiting_[id].has_value() || failed_.has_value(); };
  if (sent) changed_.wait_for(mutex_, timeout, done);
  auto answer = std::move(waiting_[id]);
  waiting_.erase(id);
  if (answer && answer->kind == QmpMessage::Kind::kReply) return std::move(answer->data);
  if (answer) {
    auto code = answer->name == "DeviceNotFound" ? Code::kNotFound : Code::kInternal;
    return Error::make(code, concat("QEMU refused ", command, ": ", answer->text));
  }
  if (failed_) return failed_->wrap(command);
  if (!sent) return sent.error().with_code(Code::kUnavailable).wrap(command);
  return Error::make(Code::kDeadlineExceeded,
                     concat("QEMU did not answer ", command, " within ", timeout.count(), " ms"));
}

std::string Qmp::shutdown_reason() const {
  MutexLock lock(mutex_);
  return shutdown_reason_;
}

std::string Qmp::version() const {
  MutexLock lock(mutex_);
  return version_;
}

}  // namespace kata::hypervisor
