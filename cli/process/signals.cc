#include "cli/process/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <initializer_list>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::cli {

namespace {

// Linux's kernel numbering of real-time signals, which glibc's SIGRTMIN is 2 above (signal(7)). The
// name means what `kill -l` shows.
int realtime(std::string_view name) {
  for (bool from_min : {true, false}) {
    std::string_view prefix = from_min ? "RTMIN" : "RTMAX";
    if (!name.starts_with(prefix)) continue;
    auto rest = name.substr(prefix.size());
    int offset = 0;
    if (!rest.empty()) {
      if (rest.front() != (from_min ? '+' : '-')) return 0;
      auto [end, err] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), offset);
      if (err != std::errc() || end != rest.data() + rest.size()) return 0;
    }
    int number = from_min ? SIGRTMIN + offset : SIGRTMAX - offset;
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
  }
  return 0;
}

int by_name(std::string_view name) {
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  if (name == "IOT") return SIGABRT;
  if (name == "CLD") return SIGCHLD;
  if (name == "POLL" || name == "IO") return SIGIO;
  return realtime(name);
}

}  // namespace

Result<int> parse_signal(std::string_view text) {
  int number = 0;
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (err == std::errc() && end == text.data() + text.size()) {
    // 0 asks whether the process is there, as with kill(2).
    if (number >= 0 && number < NSIG) return number;
  } else {
    std::string name;
    for (char c : text) name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    std::string_view bare = name;
    if (bare.starts_with("SIG")) bare.remove_prefix(3);
    if (number = by_name(bare); number > 0) return number;
  }
  return Error::make(Code::kInvalidArgument, concat("unknown signal \"", text, "\""))
      .hint("run kill -l, which lists them");
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? concat("SIG", name) : concat("signal ", number);
}

Result<Signals> Signals::block() {
  sigset_t all;
  ::sigfillset(&all);
  // Job control keeps its default, as do the marks of a bug; a window's size is the stand-in's business.
  for (int own : {SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGWINCH, SIGURG, SIGPIPE, SIGSEGV, SIGBUS, SIGILL,
                  SIGFPE, SIGABRT, SIGTRAP, SIGSYS}) {
    ::sigdelset(&all, own);
  }
  if (int err = ::pthread_sigmask(SIG_BLOCK, &all, nullptr); err != 0) return Error::sys(err, "pthread_sigmask");
  UniqueFd fd(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return Error::sys(errno, "signalfd");
  return Signals(std::move(fd));
}

Signals::Arrived Signals::next() const {
  signalfd_siginfo info{};
  auto got = sys::read_some(fd_.get(), &info, sizeof info);
  if (!got || *got != sizeof info) return {};
  return {static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
}

Result<std::unique_ptr<AbortOnSignal>> AbortOnSignal::watch(const Signals& signals, std::function<void(int)> abort) {
  std::unique_ptr<AbortOnSignal> out(new AbortOnSignal(TRY(sys::event_fd()), signals, std::move(abort)));
  out->thread_ = TRY(sys::Thread::start("signals", [watch = out.get()] { watch->run(); }));
  return out;
}

void AbortOnSignal::run() {
  while (true) {
    std::array<pollfd, 2> ready{{{signals_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (!sys::poll(ready, std::chrono::milliseconds(-1)) || ready[1].revents != 0) return;
    int number = signals_.next().number;
    if (number != SIGINT && number != SIGTERM && number != SIGHUP && number != SIGQUIT) continue;
    abort_(number);
    return;
  }
}

AbortOnSignal::~AbortOnSignal() {
  ignore(sys::signal_event(stop_.get()));  // writing to an eventfd of counter 0 does not fail
  thread_.join();
}

}  // namespace kata::cli
