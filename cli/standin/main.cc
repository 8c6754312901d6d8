// kata-standin: the process that an engine believes to be the container's.
//
//   kata-standin ID EXEC-ID MODE GO SHIM IN OUT ERR
//
// ID, EXEC-ID ("-": the first process)   whom it stands for
// MODE   p: pipes; t: a terminal; c: a console (descriptor 0 becomes the controlling terminal)
// GO     descriptor: a byte starts the work, an end of file calls it off
// SHIM   descriptor: connected to the shim's socket
// IN OUT ERR   descriptors: the ends of the process's FIFOs, non-blocking; "-": none
//
// It relays stdio, forwards signals and the terminal's size, and exits with the process's status;
// with 255 and a line on stderr when that will never be known.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

#include "cli/standin/relay.h"
#include "cli/standin/shim_link.h"
#include "cli/standin/terminal.h"

namespace kata::standin {

namespace {

constexpr int kFailure = 255;
constexpr int kArguments = 9;
// How long an open FIFO may stay silent after the process's end before it is given up.
constexpr int kDrainMilliseconds = 1000;
// How often a terminal in the background is looked at again.
constexpr int kBackgroundMilliseconds = 300;

struct Arguments {
  const char* id;
  const char* exec_id;
  char mode;
  int go, shim, in, out, err;
};

int descriptor(const char* text) { return text[0] == '-' ? -1 : std::atoi(text); }

void say(const char* text, size_t size) { [[maybe_unused]] auto sent = ::write(2, text, size); }
void say(const char* text) { say(text, std::strlen(text)); }

int block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  // Job control and the marks of a bug keep their default.
  for (int own : {SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) ::sigdelset(&all, own);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  return ::signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
}

// True when the work is to start.
bool wait_for_go(int go) {
  char byte = 0;
  ssize_t got = 0;
  while ((got = ::read(go, &byte, 1)) < 0 && errno == EINTR) {
  }
  ::close(go);
  return got == 1;
}

class Standin {
 public:
  Standin(const Arguments& arguments, int signals)
      : arguments_(arguments), signals_(signals), link_(arguments.shim, arguments.id, arguments.exec_id) {}

  int run() {
    link_.wait();
    open_streams();
    if (arguments_.mode != 'p') start_terminal();
    while (!finished()) step();
    restore_terminal();
    report();
    if (arguments_.exec_id[0] != 0) forget_process();
    return link_.ended() ? link_.exit_status() : kFailure;
  }

 private:
  // The original 0 and 1 must not keep the other side from seeing our end.
  void open_streams() {
    int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    open_stream(in_, ::fcntl(0, F_DUPFD_CLOEXEC, 3), arguments_.in);
    open_stream(out_, arguments_.out, ::fcntl(1, F_DUPFD_CLOEXEC, 3));
    open_stream(err_, arguments_.err, ::fcntl(2, F_DUPFD_CLOEXEC, 3));
    if (arguments_.mode == 'c') out_.swallow_on_error();
    if (arguments_.mode == 'p') ::dup2(null, 0);  // a terminal is still asked for its size and settings
    if (arguments_.mode == 'p') ::dup2(null, 1);
    ::close(null);
  }

  static void open_stream(Relay& relay, int source, int sink) {
    if (source >= 0 && sink >= 0) {
      relay.open(source, sink);
    } else if (source >= 0 || sink >= 0) {
      ::close(source >= 0 ? source : sink);
    }
  }

  void start_terminal() {
    // A console that hung up before it was ours cannot signal us any more.
    if (arguments_.mode == 'c' && !adopt_console()) link_.kill(SIGHUP);
    make_raw();
    send_size();
  }

  void send_size() {
    auto size = terminal_size();
    if (size.width > 0 && size.height > 0) link_.resize(size.width, size.height);
  }

  bool process_gone() const { return link_.ended() || link_.lost(); }

  bool finished() const { return process_gone() && (gave_up_ || (!out_.active() && !err_.active())); }

  // Milliseconds for poll(); -1: without a limit.
  int poll_timeout() const {
    if (process_gone() && !out_.blocked_by_sink() && !err_.blocked_by_sink()) return kDrainMilliseconds;
    if (in_.active() && in_.wanted().fd < 0) return kBackgroundMilliseconds;
    return -1;
  }

  void step() {
    pollfd ready[] = {{link_.lost() ? -1 : arguments_.shim, POLLIN, 0},
                      {signals_, POLLIN, 0},
                      out_.wanted(),
                      err_.wanted(),
                      in_.wanted()};
    int timeout = poll_timeout();
    int count = ::poll(ready, 5, timeout);
    if (count == 0 && timeout == kDrainMilliseconds) gave_up_ = true;
    if (count <= 0) return;
    if (ready[1].revents != 0) forward_signals();
    if (ready[2].revents != 0) out_.proceed();
    if (ready[3].revents != 0) err_.proceed();
    if (ready[4].revents != 0) in_.proceed();
    // Last: what came before the end of the process has been seen before the end itself.
    if (ready[0].revents != 0) link_.receive();
  }

  void forward_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      auto number = static_cast<int>(info.ssi_signo);
      if (number == SIGCHLD || number == SIGPIPE || process_gone()) continue;
      if (arguments_.mode != 'p' && number == SIGCONT) make_raw();
      if (arguments_.mode != 'p' && (number == SIGWINCH || number == SIGCONT)) {
        send_size();
      } else {
        link_.kill(number);
      }
    }
  }

  void report() {
    auto cause = link_.cause();
    if (!link_.ended()) {
      say("kata-runtime: the connection to the shim of container ");
      say(arguments_.id);
      say(" was lost: the shim was killed or crashed\n");
    } else if (cause.size > 0) {
      say("kata-runtime: ");
      say(reinterpret_cast<const char*>(cause.data), cause.size);
      say("\n");
    }
  }

  // Nobody else will: `exec --detach` left long ago.
  void forget_process() {
    constexpr int kMilliseconds = 2000;
    link_.remove();
    pollfd answer{arguments_.shim, POLLIN, 0};
    while (!link_.removed() && !link_.lost() && ::poll(&answer, 1, kMilliseconds) > 0) link_.receive();
  }

  Arguments arguments_;
  int signals_;
  ShimLink link_;
  Relay in_, out_, err_;
  bool gave_up_ = false;
};

}  // namespace

int main(int count, char** values) {
  if (count != kArguments) {
    say("kata-standin is started by kata-runtime\n");
    return kFailure;
  }
  Arguments arguments{values[1],
                      values[2][0] == '-' ? "" : values[2],
                      values[3][0],
                      descriptor(values[4]),
                      descriptor(values[5]),
                      descriptor(values[6]),
                      descriptor(values[7]),
                      descriptor(values[8])};
  int signals = block_signals();
  if (!wait_for_go(arguments.go)) return kFailure;
  static Standin* standin = nullptr;
  alignas(Standin) static unsigned char room[sizeof(Standin)];  // pages that are not used cost nothing
  standin = new (room) Standin(arguments, signals);
  return standin->run();
}

}  // namespace kata::standin

int main(int count, char** values) { return kata::standin::main(count, values); }
