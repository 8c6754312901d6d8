// Running a program: clone(), set the child up, execve(). Other threads may hold any lock at that moment, so that the
// child only makes async-signal-safe calls (signal-safety(7)): whatever needs memory is made before. A failure in the
// child reaches the caller through a pipe that a successful execve() closes.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
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

const std::string& name_of(const Spawn& what) { return what.program.empty() ? what.argv[0] : what.program; }

struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> env;
  std::vector<Descriptor> places;   // with 0, 1 and 2; `parent` is -1 for /dev/null
  int above = 3;                    // higher than every number that the child's descriptors get by mapping
  UniqueFd parent;                  // a pidfd of the caller; this and the next only for who needs it
  std::string user_map, group_map;  // of a user namespace with nobody else
  Pipe number;                      // says which process became the child, where another one makes it
};

// The namespace of processes to join; -1: none.
int joined_processes(const Namespaces& wanted) {
  auto one = std::find_if(wanted.joined.begin(), wanted.joined.end(),
                          [](const auto& each) { return each.type == CLONE_NEWPID; });
  return one == wanted.joined.end() ? -1 : one->fd;
}

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
  Prepared out{.argv = pointers(what.argv)};
  if (what.die_with_parent) out.parent = TRY(pidfd_open(::getpid()));
  if (what.own_users) {
    out.user_map = concat(what.identity->user, " ", what.identity->user, " 1");
    out.group_map = concat(what.identity->group, " ", what.identity->group, " 1");
  }
  if (joined_processes(what.namespaces) >= 0) out.number = TRY(pipe());
  if (what.env) out.env = pointers(*what.env);
  out.places = {{0, what.in}, {1, what.out}, {2, what.err}};
  out.places.insert(out.places.end(), what.descriptors.begin(), what.descriptors.end());
  for (const auto& place : out.places) out.above = std::max(out.above, place.child + 1);
  for (int fd : what.inherited) out.places.push_back({fd, fd});
  TRY(check_places(out.places, name_of(what)));
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

// That of processes is for children only, and so the matter of who makes this one.
bool enter_namespaces(const Namespaces& wanted) {
  for (const auto& one : wanted.joined) {
    if (one.type != CLONE_NEWPID && ::setns(one.fd, one.type) < 0) return false;
  }
  int fresh = wanted.fresh & ~CLONE_NEWPID;
  if (fresh != 0 && ::unshare(fresh) < 0) return false;
  return (fresh & CLONE_NEWNS) == 0 || ::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) == 0;
}

// Made while other mounts of its kind are in sight, which the kernel asks of the root of a user namespace.
UniqueFd own_processes() {
  UniqueFd context(::fsopen("proc", FSOPEN_CLOEXEC));
  constexpr unsigned kFlags = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  bool made = context && ::fsconfig(context.get(), FSCONFIG_SET_STRING, "subset", "pid", 0) == 0 &&
              ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
  return made ? UniqueFd(::fsmount(context.get(), FSMOUNT_CLOEXEC, kFlags)) : UniqueFd();
}

bool enter_mounts(const Spawn& what) {
  UniqueFd processes;
  if (!what.processes.empty() && !(processes = own_processes())) return false;
  if (!enter_namespaces(what.namespaces)) return false;
  return !processes ||
         ::move_mount(processes.get(), "", AT_FDCWD, what.processes.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

// What uid 0 gets by running a program is in the bounding set.
bool bound(uint64_t capabilities) {
  for (unsigned number = 0; number < 64; ++number) {
    int has = ::prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (has < 0) break;  // beyond the kernel's last one
    bool wanted = (capabilities >> number & 1U) != 0;
    if (has == 1 && !wanted && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return false;
  }
  return true;
}

bool write_in(int proc, const char* name, std::string_view text) {
  UniqueFd file(::openat(proc, name, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// As who it is by now: everybody may map himself.
bool have_own_users(int proc, const Prepared& ready) {
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // or its files in /proc are root's
  if (::unshare(CLONE_NEWUSER) < 0) return errno == EPERM || errno == ENOSPC || errno == EUSERS;
  return write_in(proc, "self/setgroups", "deny") && write_in(proc, "self/uid_map", ready.user_map) &&
         write_in(proc, "self/gid_map", ready.group_map);
}

// Not by the C library, which would tell its other threads, that are not here.
bool become(const Spawn::Identity& who) {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, who.group, who.group, who.group) == 0 &&
         ::syscall(SYS_setresuid, who.user, who.user, who.user) == 0;
}

bool keep_only(uint64_t capabilities) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  if (::syscall(SYS_capget, &header, sets) < 0) return false;
  for (unsigned i = 0; i < 2; ++i) {
    sets[i].permitted &= static_cast<uint32_t>(capabilities >> (32U * i));
    sets[i].effective = sets[i].permitted;
    sets[i].inheritable = 0;  // and with it the ambient ones
  }
  rlimit none{0, 0};
  return ::syscall(SYS_capset, &header, sets) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::setrlimit(RLIMIT_CORE, &none) == 0;
}

bool filter(std::span<const sock_filter> system_calls) {
  sock_fprog program{static_cast<unsigned short>(system_calls.size()), const_cast<sock_filter*>(system_calls.data())};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

bool limit(const std::vector<Spawn::Limit>& limits) {
  for (const auto& one : limits) {
    rlimit now{};
    auto resource = static_cast<__rlimit_resource>(one.resource);
    if (::getrlimit(resource, &now) < 0) return false;
    now.rlim_max = std::min<rlim_t>(now.rlim_max, one.most);
    now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
    if (::setrlimit(resource, &now) < 0) return false;
  }
  return true;
}

// Its number says nothing to a child in another namespace of processes.
void die_with(int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd ended{parent, POLLIN, 0};
  if (::poll(&ended, 1, 0) != 0) ::_exit(127);
}

// What the program will be called, which the kernel's security modules take from who may say so.
bool label(const std::vector<Spawn::Label>& labels, int proc) {
  return std::all_of(labels.begin(), labels.end(),
                     [&](const auto& one) { return write_in(proc, one.file.c_str(), one.text) || !one.needed; });
}

// What went wrong in the child, for an error that says so.
struct Failure {
  int error = 0;
  int step = 0;
};
enum Step { kEnter, kDescriptors, kRoot, kCapabilities, kUser, kOwnUsers, kLimits, kLabel, kSystemCalls, kProgram };
constexpr const char* kSteps[] = {"entering its namespaces",
                                  "its descriptors",
                                  "entering its directory",
                                  "giving up capabilities",
                                  "becoming its user",
                                  "its own user namespace",
                                  "its limits",
                                  "its label",
                                  "its system calls",
                                  ""};

// Who it is and what it may do, when it is where it has to be.
int confine(const Spawn& what, const Prepared& ready, int proc) {
  if (what.capabilities && !bound(*what.capabilities)) return kCapabilities;
  if (what.identity && !become(*what.identity)) return kUser;
  if (what.own_users && !have_own_users(proc, ready)) return kOwnUsers;
  if (what.own_users && what.capabilities && !bound(*what.capabilities)) return kOwnUsers;
  if (!limit(what.limits)) return kLimits;
  if (what.capabilities && !keep_only(*what.capabilities)) return kCapabilities;
  if (!label(what.labels, proc)) return kLabel;
  return kProgram;
}

[[noreturn]] void run_child(const Spawn& what, Prepared& ready, Pipe& report) {
  ::close(report.read.get());
  int out = move_above(report.write.get(), ready.above);
  auto fail = [&](int step) {
    Failure failure{errno, step};
    [[maybe_unused]] auto sent = ::write(out, &failure, sizeof failure);
    ::_exit(127);
  };
  reset_signals();
  int parent = what.die_with_parent ? move_above(ready.parent.release(), ready.above) : -1;
  if (parent >= 0) die_with(parent);
  if (what.new_session) ::setsid();
  bool writes = what.own_users || !what.labels.empty();
  int proc = writes ? move_above(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), ready.above) : -1;
  if (!enter_mounts(what)) fail(kEnter);
  if (!place_descriptors(ready)) fail(kDescriptors);
  if (!what.root.empty() && (::chroot(what.root.c_str()) < 0 || ::chdir("/") < 0)) fail(kRoot);
  if (!what.directory.empty() && ::chdir(what.directory.c_str()) < 0) fail(kRoot);
  if (int step = confine(what, ready, proc); step != kProgram) fail(step);
  if (parent >= 0) die_with(parent);  // the kernel forgets it where somebody becomes another user
  if (!what.system_calls.empty() && !filter(what.system_calls)) fail(kSystemCalls);
  char** env = ready.env.empty() ? environ : ready.env.data();
  if (what.program.empty()) {
    ::execvpe(ready.argv[0], ready.argv.data(), env);
  } else {
    ::execve(what.program.c_str(), ready.argv.data(), env);
  }
  fail(kProgram);
  ::_exit(127);
}

// Not with unshare() and setns(), whose way back is closed to the root of a user namespace. And not with the C
// library's fork(), which has work to do in the child that nobody here needs; the thread sanitizer starts a thread
// there.
pid_t clone_child(int flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// Who joins a namespace of processes has its children there. So a child joins, and what it makes is its sibling.
[[noreturn]] void run_between(int processes, const Spawn& what, Prepared& ready, Pipe& report) {
  auto pid = ::setns(processes, CLONE_NEWPID) == 0 ? clone_child(CLONE_PARENT) : -1;
  if (pid == 0) run_child(what, ready, report);
  int number = pid < 0 ? -errno : pid;
  [[maybe_unused]] auto sent = ::write(ready.number.write.get(), &number, sizeof number);
  ::_exit(0);
}

pid_t fork_among(int processes, const Spawn& what, Prepared& ready, Pipe& report) {
  auto between = clone_child(0);
  if (between == 0) run_between(processes, what, ready, report);
  if (between < 0) return -1;
  ready.number.write.reset();
  int number = -EIO;
  ignore(read_some(ready.number.read.get(), &number, sizeof number));
  ignore(wait_child(between));
  if (number < 0) errno = -number;
  return number < 0 ? -1 : number;
}

// With all signals blocked.
pid_t fork_into(const Spawn& what, Prepared& ready, Pipe& report) {
  int processes = joined_processes(what.namespaces);
  if (processes >= 0) return fork_among(processes, what, ready, report);
  auto pid = clone_child(what.namespaces.fresh & CLONE_NEWPID);
  if (pid == 0) run_child(what, ready, report);
  return pid;
}

Result<pid_t> fork_child(const Spawn& what, Prepared& ready, Pipe& report) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = fork_into(what, ready, report);
  int err = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return Error::sys(err, "fork");
  return pid;
}

Error error_of(const Spawn& what, const Failure& failure) {
  const std::string step = kSteps[failure.step];
  return Error::sys(failure.error, concat("run ", name_of(what), step.empty() ? "" : ": ", step));
}

Result<Child> spawn_once(const Spawn& what, Failure& failure) {
  auto ready = TRY(prepare(what));
  auto report = TRY(pipe());
  auto pid = TRY(fork_child(what, ready, report));
  report.write.reset();
  auto got = read_some(report.read.get(), &failure, sizeof failure);
  if (got && *got == sizeof failure) {
    ignore(wait_child(pid));
    return error_of(what, failure);
  }
  auto pidfd = pidfd_open(pid);
  if (!pidfd) {
    ::kill(pid, SIGKILL);
    ignore(wait_child(pid));
    return pidfd.error();
  }
  return Child{pid, std::move(pidfd).value()};
}

}  // namespace

Result<Child> spawn(const Spawn& what) {
  Failure failure;
  auto child = spawn_once(what, failure);
  // AppArmor may let a user make a namespace, and have nothing in it: Ubuntu since 23.10.
  if (child || failure.error == 0 || failure.step != kOwnUsers) return child;
  auto without = what;
  without.own_users = false;
  return spawn_once(without, failure);
}

}  // namespace kata::sys
