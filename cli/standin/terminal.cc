#include "cli/standin/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace kata::standin {

namespace {

// Not fd 0 itself: the relay may have closed it by the time of the restore.
int terminal_fd = -1;
termios saved;
bool changed = false;

}  // namespace

bool adopt_console() { return ::ioctl(0, TIOCSCTTY, 0) == 0 || errno != EIO; }

void make_raw(Output output) {
  if (terminal_fd < 0) {
    if (::isatty(0) != 1) return;
    terminal_fd = ::dup(0);
    if (::tcgetattr(terminal_fd, &saved) < 0) return;
  }
  termios raw = saved;
  ::cfmakeraw(&raw);
  if (output == Output::kProcessed) raw.c_oflag |= saved.c_oflag & static_cast<tcflag_t>(OPOST);
  changed = ::tcsetattr(terminal_fd, TCSANOW, &raw) == 0;
}

void restore_terminal() {
  if (!changed) return;
  changed = false;
  // From the background this would stop us with SIGTTOU; the setting is worth more than the rule.
  sigset_t block;
  sigset_t before;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &block, &before);
  ::tcsetattr(terminal_fd, TCSADRAIN, &saved);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

Size terminal_size() {
  winsize size{};
  if (terminal_fd < 0 || ::ioctl(terminal_fd, TIOCGWINSZ, &size) < 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace kata::standin
