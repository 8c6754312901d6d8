#include "agent/container/workload/keyring.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/concat.h"

namespace kata::agent {

namespace {

// keyctl_setperm(3). Whoever has it as its session's may do everything but change these; its user may find it by name,
// which is how the container's later processes join it, and within a user namespace they are not its user.
constexpr unsigned long kPossessorAll = 0x3f000000;
constexpr unsigned long kUserViewReadSearchLink = 0x001b0000;
constexpr unsigned long kOtherSearch = 0x00000008;

}  // namespace

Result<> join_session_keyring(const std::string& container_id, bool own_users) {
  auto name = concat("_ses.", container_id);
  auto keyring = ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str());
  if (keyring < 0 && errno == ENOSYS) return {};
  if (keyring < 0) return Error::sys(errno, "join the session keyring", name);
  if (keyring == 0) return {};  // it is the caller's already
  // One that was there belongs to somebody who has done this already.
  auto permissions = kPossessorAll | kUserViewReadSearchLink | (own_users ? kOtherSearch : 0);
  if (::syscall(SYS_keyctl, KEYCTL_SETPERM, keyring, permissions) < 0 && errno != EACCES) {
    return Error::sys(errno, "set the permissions of the session keyring", name);
  }
  return {};
}

}  // namespace kata::agent
