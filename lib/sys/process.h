// Processes: pidfds, signals, waiting, and spawning a program. Thread-safe.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

Result<UniqueFd> pidfd_open(pid_t pid);
Result<> pidfd_signal(int pidfd, int signal);  // a process that is gone is ESRCH
Result<> kill(pid_t pid, int signal);

// How a process ended: its exit status, or 128 + the signal, as a shell says it.
struct ExitStatus {
  int code = 0;
  int signal = 0;  // 0 when it exited by itself
  bool core_dumped = false;
};
std::string describe(const ExitStatus& status);  // "exited with 3", "was killed by SIGKILL"

// Reaps a child. Blocks; with a time-out, nothing when it still runs.
Result<ExitStatus> wait_child(pid_t pid);
Result<std::optional<ExitStatus>> wait_child_for(pid_t pid, int pidfd, std::chrono::milliseconds timeout);

// A program to run. The child gets exactly the descriptors that are listed here: `in`, `out` and `err` as 0, 1
// and 2 (/dev/null where unset), those of `inherited` under their own numbers, and those of `descriptors` under
// the numbers that it says. No number may be given twice. The caller keeps its own descriptors, unchanged.
struct Descriptor {
  int child = -1;   // its number in the program that is run, from 3 on
  int parent = -1;  // the caller's descriptor
};
// Namespaces of the child that are not the caller's: CLONE_NEW*. Fresh mounts are a copy of the caller's that follows
// it, and not the other way round. A fresh namespace of processes has the child as its first one.
struct Namespaces {
  struct Joined {
    int type = 0;
    int fd = -1;
  };
  int fresh = 0;
  std::vector<Joined> joined;
};
struct Spawn {
  std::vector<std::string> argv;                // argv[0] is the path, looked up in PATH without a slash
  std::string program;                          // the path, when argv[0] is another name; never looked up
  std::optional<std::vector<std::string>> env;  // the caller's when unset
  std::string directory;                        // working directory; the caller's when empty
  std::string root;                             // of the file system; then argv, program and directory are below it
  int in = -1;
  int out = -1;
  int err = -1;
  std::vector<int> inherited;
  std::vector<Descriptor> descriptors;  // in any order; {3, 4} beside {4, 3} exchanges the two
  Namespaces namespaces;
  // A directory in those mounts, seen from where `root` is not entered yet: what proc(5) says of the child, and of
  // whoever else is in its fresh namespace of processes, is mounted there. Empty: nothing is.
  std::string processes;
  // All capabilities that it, and whatever it runs, can ever have: 1 << CAP_*. Then nothing that it runs gives it more
  // (PR_SET_NO_NEW_PRIVS), and its memory is never dumped. When unset, it has the caller's. capabilities(7)
  std::optional<uint64_t> capabilities;
  // Who it is, without further groups; the caller when unset. Whoever is not root anymore has no capabilities either.
  struct Identity {
    uid_t user = 0;
    gid_t group = 0;
  };
  std::optional<Identity> identity;
  // In a user namespace of its own, which knows nobody else and owns nothing: no capability there says anything about
  // its other namespaces. Needs `identity` and `capabilities`. Left out where the kernel does not let users have any.
  bool own_users = false;
  // What it may ask of the kernel, from execve(2) on: a program for seccomp(2). Needs `capabilities`, or a caller that
  // may do that anyway. Whose it is stays there until it was spawned. Empty: everything.
  std::span<const sock_filter> system_calls;
  // Of a resource, soft and hard, unless the caller's own is lower: setrlimit(2).
  struct Limit {
    int resource = 0;
    uint64_t most = 0;
  };
  std::vector<Limit> limits;
  // What the kernel's security modules call it from execve(2) on: label.h.
  struct Label {
    std::string file;     // where it is written: a path, or one below /proc
    std::string text;     // as the module wants it
    bool needed = false;  // else the program starts without it where the module does not take it
  };
  std::vector<Label> labels;
  bool new_session = false;
  // SIGKILL when the thread that spawned it ends: spawn from a thread that lives as long.
  bool die_with_parent = false;
};
struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;
};
// An exec that fails is an error here, naming the program.
Result<Child> spawn(const Spawn& what);

// The calling thread's: 1 << CAP_*.
uint64_t effective_capabilities();
// Takes these from the calling thread, and from those that it starts. A program that root runs has them again.
Result<> give_up_capabilities(uint64_t capabilities);

// The field of /proc/<pid>/stat that tells a process from a later one with the same number.
Result<uint64_t> process_start_time(pid_t pid);
// False for one that has ended and waits to be reaped, too.
bool still_runs(pid_t pid, uint64_t start_time);

}  // namespace kata::sys
