#include "agent/container/spawn/status.h"

#include <sys/socket.h>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::agent {

namespace {
constexpr size_t kLongestMessage = 16384;
constexpr char kSeparator = '\0';
}  // namespace

Result<std::pair<StatusChannel, StatusChannel>> StatusChannel::create() {
  auto pair = TRY(sys::socket_pair(SOCK_SEQPACKET));
  return std::pair(StatusChannel(std::move(pair.first)), StatusChannel(std::move(pair.second)));
}

Result<> StatusChannel::send(StatusKind kind, std::string_view text) {
  auto message = concat(static_cast<char>(kind), text.substr(0, kLongestMessage - 1));
  // write(2) rather than send(2): the workload's system call filter may be there already, and none can do without it.
  return sys::write_all(fd_.get(), message).wrap("reporting to the agent");
}

Result<> StatusChannel::send_terminal(int master) {
  char kind = static_cast<char>(StatusKind::kTerminal);
  return sys::send_fds(fd_.get(), {&kind, 1}, {&master, 1});
}

void StatusChannel::warn(std::string_view text) { ignore(send(StatusKind::kWarning, text)); }

// Code, hint and text; the text is last because it may be cut.
void StatusChannel::fail(const Error& error) {
  ignore(send(StatusKind::kError,
              concat(static_cast<char>(error.code()), error.hint_text(), kSeparator, error.message())));
}

Result<> StatusChannel::wait_for_go() {
  char go = 0;
  return sys::read_exactly(fd_.get(), &go, 1).wrap("waiting for the agent");
}

Result<std::optional<StatusMessage>> StatusChannel::receive() {
  auto received = sys::receive_fds(fd_.get(), kLongestMessage, 1);
  // Reset: the child died before it read what was sent to it.
  if (!received && received.error().is_errno(ECONNRESET)) return std::optional<StatusMessage>();
  if (!received) return received.error();
  if (received->data.empty()) return std::optional<StatusMessage>();
  StatusMessage message;
  message.kind = static_cast<StatusKind>(received->data[0]);
  std::string_view rest = std::string_view(received->data).substr(1);
  if (message.kind == StatusKind::kError && !rest.empty()) {
    message.code = static_cast<Code>(rest[0]);
    auto end = rest.find(kSeparator, 1);
    if (end == std::string_view::npos) end = 0;
    if (end > 0) message.hint = rest.substr(1, end - 1);
    rest = rest.substr(end + 1);
  }
  message.text = rest;
  if (!received->fds.empty()) message.fd = std::move(received->fds[0]);
  return std::optional(std::move(message));
}

Result<> StatusChannel::go() {
  char go = 'g';
  if (::send(fd_.get(), &go, 1, MSG_NOSIGNAL) < 0) return Error::sys(errno, "release the child");
  return {};
}

}  // namespace kata::agent
