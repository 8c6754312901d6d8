// kata-standin: the process that an engine believes to be the container's.
//
// It lives in namespaces of the container's, has the workload's arguments for its own, and is told by a message whom it
// stands for (order.h). It relays stdio, forwards signals and the terminal's size, and exits with the process's status;
// with 255 and a line on stderr when that will never be known.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstring>
#include <initializer_list>
#include <new>

#include "cli/standin/order.h"
#include "cli/standin/relay.h"
#include "cli/standin/shim_link.h"
#include "cli/standin/start.h"
#include "cli/standin/terminal.h"

namespace kata::standin {

namespace {

constexpr int kFailure = 255;
constexpr int kFirstFree = kMounts + 1;
// How long an open FIFO may stay silent after the process's end before it is given up.
constexpr int kDrainMilliseconds = 1000;
// How often a terminal in the background is looked at again.
constexpr int kBackgroundMilliseconds = 300;

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

class Standin {
 public:
  Standin(const Order& order, int signals) : order_(order), signals_(signals), link_(kShim, order.id, order.exec_id) {}

  // The original 0 and 1 must not keep the other side from seeing our end. While the host's files are there.
  void open_streams(const Given& given) {
    int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    open_stream(in_, ::fcntl(0, F_DUPFD_CLOEXEC, kFirstFree), given.in);
    open_stream(out_, given.out, ::fcntl(1, F_DUPFD_CLOEXEC, kFirstFree));
    open_stream(err_, given.err, ::fcntl(2, F_DUPFD_CLOEXEC, kFirstFree));
    if (order_.mode == 'c') out_.swallow_on_error();
    if (order_.mode == 'p') ::dup2(null, 0);  // a terminal is still asked for its size and settings
    if (order_.mode == 'p') ::dup2(null, 1);
    ::close(null);
  }

  int run() {
    link_.wait();
    if (order_.mode != 'p') start_terminal();
    while (!finished()) step();
    restore_terminal();
    report();
    if (order_.exec_id[0] != 0) forget_process();
    wait_for_others();
    return link_.ended() ? link_.exit_status() : kFailure;
  }

 private:
  static void open_stream(Relay& relay, int source, int sink) {
    if (source >= 0 && sink >= 0) {
      relay.open(source, sink);
    } else if (source >= 0 || sink >= 0) {
      ::close(source >= 0 ? source : sink);
    }
  }

  void start_terminal() {
    // A console that hung up before it was ours cannot signal us any more.
    if (order_.mode == 'c' && !adopt_console()) link_.kill(SIGHUP);
    make_raw(output());
    send_size();
  }

  // An engine at the other end of a console gets what the guest's terminal makes of it; a user's own terminal does
  // that.
  Output output() const { return order_.mode == 'c' ? Output::kAsItIs : Output::kProcessed; }

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
    pollfd ready[] = {
        {link_.lost() ? -1 : kShim, POLLIN, 0}, {signals_, POLLIN, 0}, out_.wanted(), err_.wanted(), in_.wanted()};
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
      if (number == SIGCHLD) reap();
      if (number == SIGCHLD || number == SIGPIPE || process_gone()) continue;
      if (order_.mode != 'p' && number == SIGCONT) make_raw(output());
      if (order_.mode != 'p' && (number == SIGWINCH || number == SIGCONT)) {
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
      say(order_.id);
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
    pollfd answer{kShim, POLLIN, 0};
    while (!link_.removed() && !link_.lost() && ::poll(&answer, 1, kMilliseconds) > 0) link_.receive();
  }

  const Order& order_;
  int signals_;
  ShimLink link_;
  Relay in_, out_, err_;
  bool gave_up_ = false;
};

}  // namespace

// Until the host's files are not needed any more. 0, or what went wrong.
int prepare(Standin& standin, const Given& given) {
  standin.open_streams(given);
  return given.mounts < 0 ? 0 : enter_mounts(given.mounts);
}

int main(char** values) {
  auto given = look_at_descriptors();
  int signals = block_signals();
  static Order order;
  if (!receive_order(order)) {
    say("kata-standin is started by kata-runtime\n");
    return kFailure;
  }
  take_name(values[0]);
  alignas(Standin) static unsigned char room[sizeof(Standin)];  // pages that are not used cost nothing
  auto* standin = new (room) Standin(order, signals);
  int own_mounts = given.mounts < 0 ? open_own_mounts() : -1;
  answer(prepare(*standin, given));
  if (!wait_for_go()) return kFailure;
  if (own_mounts >= 0 && enter_mounts(own_mounts) != 0) {
    say("kata-runtime: the stand-in cannot enter the container's files\n");
    return kFailure;
  }
  if (order.own_cgroups) leave_cgroups();
  give_up_privileges();
  return standin->run();
}

}  // namespace kata::standin

// Nothing is to be done at the exit, and a sanitizer would look for a /proc there, which may be gone.
int main(int /*count*/, char** values) { ::_exit(kata::standin::main(values)); }
