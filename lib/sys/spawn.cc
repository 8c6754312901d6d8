// Running a program: fork(), set the child up, execve(). Other threads may hold any lock at the moment of the
// fork, so that the child only makes async-signal-safe calls (signal-safety(7)): whatever needs memory is made
// before. A failure in the child reaches the caller as an errno through a pipe that a successful execve() closes.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"

extern char** environ;

namespace kata::sys {

namespace {

constexpr unsigned kCloseRangeCloexec = 4;  // linux/close_range.h, which older headers lack

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> env;
  std::vector<Descriptor> places;  // with 0, 1 and 2; `parent` is -1 for /dev/null
  int above = 3;                   // higher than every number that the child's descriptors get by mapping
  pid_t parent = -1;
};

// A source that is not open would otherwise be whatever the preparations themselves open under its number.
Result<> check_places(const std::vector<Descriptor>& places, const std::string& program) {
  std::vector<int> numbers;
  for (const auto& place : places) {
    if (place.parent >= 0 && ::fcntl(place.parent, F_GETFD) < 0) {
      return Error::sys(errno, concat("run ", program, " with descriptor ", place.parent));
    }
    numbers.push_back(place.child);
  }
  std::sort(numbers.begin(), numbers.end());
  auto twice = std::adjacent_find(numbers.begin(), numbers.end());
  if (twice == numbers.end()) return {};
  return Error::make(Code::kInternal, concat("run ", program, ": its descriptor ", *twice, " has two sources"));
}

Result<Prepared> prepare(const Spawn& what) {
  Prepared out{.argv = pointers(what.argv), .parent = ::getpid()};
  if (what.env) out.env = pointers(*what.env);
  out.places = {{0, what.in}, {1, what.out}, {2, what.err}};
  out.places.insert(out.places.end(), what.descriptors.begin(), what.descriptors.end());
  for (const auto& place : out.places) out.above = std::max(out.above, place.child + 1);
  for (int fd : what.inherited) out.places.push_back({fd, fd});
  TRY(check_places(out.places, what.argv[0]));
  return out;
}

// The child's half of the report's pipe, at a number that nothing else is put at.
int move_above(int fd, int above) {
  int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, above);
  ::close(fd);
  return moved;
}

// Sources first go to numbers that are no target, so that no step overwrites what a later one needs. What keeps
// its number cannot be in the way of either.
bool place_descriptors(Prepared& ready) {
  for (auto& place : ready.places) {
    if (place.parent == place.child && place.child > 2) continue;
    int source = place.parent >= 0 ? place.parent : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    place.parent = ::fcntl(source, F_DUPFD_CLOEXEC, ready.above);
    if (place.parent < 0) return false;
  }
  // From here on everything is closed by execve(), but what is placed now.
  ::syscall(SYS_close_range, 3U, ~0U, kCloseRangeCloexec);
  for (const auto& place : ready.places) {
    bool placed = place.parent == place.child ? ::fcntl(place.child, F_SETFD, 0) == 0
                                              : ::dup2(place.parent, place.child) == place.child;
    if (!placed) return false;
  }
  return true;
}

// All signals are blocked when the child begins, so that no handler of the caller runs in it.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_child(const Spawn& what, Prepared& ready, Pipe& report) {
  ::close(report.read.get());
  int failure = move_above(report.write.get(), ready.above);
  auto fail = [&] {
    int err = errno;
    [[maybe_unused]] auto sent = ::write(failure, &err, sizeof err);
    ::_exit(127);
  };
  reset_signals();
  if (what.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != ready.parent) ::_exit(127);
  }
  if (what.new_session) ::setsid();
  if (!place_descriptors(ready)) fail();
  if (!what.directory.empty() && ::chdir(what.directory.c_str()) < 0) fail();
  ::execvpe(ready.argv[0], ready.argv.data(), ready.env.empty() ? environ : ready.env.data());
  fail();
  ::_exit(127);
}

Result<pid_t> fork_child(const Spawn& what, Prepared& ready, Pipe& report) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = ::fork();
  if (pid == 0) run_child(what, ready, report);
  int err = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return Error::sys(err, "fork");
  return pid;
}

}  // namespace

Result<Child> spawn(const Spawn& what) {
  auto ready = TRY(prepare(what));
  auto report = TRY(pipe());
  auto pid = TRY(fork_child(what, ready, report));
  report.write.reset();
  int err = 0;
  auto got = read_some(report.read.get(), &err, sizeof err);
  if (got && *got == sizeof err) {
    ignore(wait_child(pid));
    return Error::sys(err, "run", what.argv[0]);
  }
  auto pidfd = pidfd_open(pid);
  if (!pidfd) {
    ::kill(pid, SIGKILL);
    ignore(wait_child(pid));
    return pidfd.error();
  }
  return Child{pid, std::move(pidfd).value()};
}

}  // namespace kata::sys
