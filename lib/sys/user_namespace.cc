#include "lib/sys/user_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::sys {

namespace {

// A namespace begins with a process. This one is in it and does nothing, so that it needs no memory and no lock of
// ours.
class FirstProcess {
 public:
  static Result<FirstProcess> start() {
    auto pid = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (pid < 0) return Error::sys(errno, "make a user namespace");
    if (pid == 0) {
      for (;;) ::pause();
    }
    return FirstProcess(static_cast<pid_t>(pid));
  }
  ~FirstProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ignore(wait_child(pid_));
  }
  FirstProcess(FirstProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  FirstProcess& operator=(FirstProcess&&) = delete;

  std::string file(std::string_view name) const { return concat("/proc/", pid_, "/", name); }

 private:
  explicit FirstProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

}  // namespace

Result<UniqueFd> make_user_namespace(const std::string& uids, const std::string& gids) {
  auto first = TRY(FirstProcess::start());
  TRY_WRAP(write_control(first.file("uid_map"), uids), "mapping user ids");
  TRY_WRAP(write_control(first.file("gid_map"), gids), "mapping group ids");
  return open(first.file("ns/user"), O_RDONLY);
}

}  // namespace kata::sys
