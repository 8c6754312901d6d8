#include "lib/sys/user_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <utility>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::sys {

Result<NewUserNamespace> NewUserNamespace::start() {
  auto pid = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) return Error::sys(errno, "make a user namespace");
  // It does nothing, so that it needs no memory and no lock of ours.
  if (pid == 0) {
    for (;;) ::pause();
  }
  return NewUserNamespace(static_cast<pid_t>(pid));
}

NewUserNamespace::NewUserNamespace(NewUserNamespace&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}

NewUserNamespace::~NewUserNamespace() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ignore(wait_child(pid_));
}

std::string NewUserNamespace::file(std::string_view name) const { return concat("/proc/", pid_, "/", name); }

Result<UniqueFd> NewUserNamespace::open() const { return sys::open(file("ns/user"), O_RDONLY); }

Result<> enter_user_namespace(int fd) {
  if (::setns(fd, CLONE_NEWUSER) < 0) return Error::sys(errno, "enter a user namespace");
  return {};
}

namespace {

Result<std::vector<MappedIds>> read_map(const std::string& path) {
  std::istringstream lines(TRY(read_file(path)));
  std::vector<MappedIds> out;
  MappedIds one;
  while (lines >> one.inside >> one.outside >> one.count) out.push_back(one);
  return out;
}

}  // namespace

Result<std::vector<MappedIds>> mapped_users() { return read_map("/proc/self/uid_map"); }
Result<std::vector<MappedIds>> mapped_groups() { return read_map("/proc/self/gid_map"); }

Result<bool> knows_other_users() {
  uint64_t all = 0;
  for (const auto& one : TRY(mapped_users())) all += one.count;
  return all > 1;
}

bool is_host_with_root() {
  auto map = mapped_users();
  return map && map->size() == 1 && map->front().inside == 0 && map->front().outside == 0 &&
         map->front().count == UINT32_MAX;
}

Result<UniqueFd> make_user_namespace(const std::string& uids, const std::string& gids) {
  auto made = TRY(NewUserNamespace::start());
  TRY_WRAP(write_control(made.file("uid_map"), uids), "mapping user ids");
  TRY_WRAP(write_control(made.file("gid_map"), gids), "mapping group ids");
  return made.open();
}

}  // namespace kata::sys
