#include "cli/host/debug_console.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "cli/container/status.h"
#include "cli/container/store.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"
#include "runtime/sandbox/debug_console.h"
#include "runtime/sandbox/options.h"

namespace kata::cli {

namespace {

constexpr std::string_view kEndOfInput = "\x04";  // of a terminal: Ctrl-D
// A shell that is at work, or changes the terminal's mode, takes it for something else. It is told again.
constexpr std::chrono::milliseconds kAgain{500};

// Every key is for the guest's terminal, until the destructor.
class RawTerminal {
 public:
  RawTerminal() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    auto raw = before_;
    ::cfmakeraw(&raw);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawTerminal() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_terminal_;
};

// Empty at the end.
std::string read_piece(int fd) {
  std::array<char, 4096> buffer{};
  auto got = sys::read_some(fd, buffer.data(), buffer.size());
  return got ? std::string(buffer.data(), *got) : std::string();
}

void relay(int guest) {
  std::array<pollfd, 2> fds{{{guest, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  while (sys::poll(fds, fds[1].fd < 0 ? kAgain : std::chrono::milliseconds(-1))) {
    if (fds[0].revents == 0 && fds[1].revents == 0 && !sys::write_all(guest, kEndOfInput)) return;
    if (fds[0].revents != 0) {
      auto said = read_piece(guest);
      if (said.empty() || !sys::write_all(STDOUT_FILENO, said)) return;
    }
    if (fds[1].revents == 0) continue;
    auto typed = read_piece(STDIN_FILENO);
    if (typed.empty()) fds[1].fd = -1;  // the shell still has to answer what it was told
    if (!sys::write_all(guest, typed.empty() ? kEndOfInput : typed)) return;
  }
}

}  // namespace

Result<int> run_debug_console(const Globals& globals, const std::string& id) {
  auto guest = sys::unix_connect(debug_console_socket(run_directory(), sandbox_of(globals, id)));
  if (!guest) {
    auto known = find_container(globals, id);
    if (!known && known.error().is(Code::kNotFound)) return known.error();
    return Error::make(Code::kInvalidArgument,
                       concat("exec ", id, ": there is no command, and no debug console in this pod"))
        .hint(
            "set debug_console_enabled = true in [agent.kata] before the pod starts, for a shell in the guest itself; "
            "or name a command");
  }
  RawTerminal raw;
  relay(guest->get());
  return 0;
}

}  // namespace kata::cli
