#include "agent/container/workload/keyring.h"

#include <gtest/gtest.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>

#include "lib/base/concat.h"

namespace kata::agent {
namespace {

// What `body` returns, in a child: a thread's session keyring is its process' for ever.
int in_child(const std::function<int()>& body) {
  auto child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

// Its permissions, as hexadecimal digits: keyctl(2), KEYCTL_DESCRIBE.
std::string permissions() {
  char text[256] = {};
  if (::syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof text) < 0) return "?";
  std::string_view rest = text;
  for (int i = 0; i < 3; ++i) rest.remove_prefix(rest.find(';') + 1);
  return std::string(rest.substr(0, rest.find(';')));
}

long add_key(const char* name) { return ::syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_SESSION_KEYRING); }

bool finds_key(const char* name) {
  return ::syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0) >= 0;
}

TEST(KeyringTest, AContainersProcessesShareOneAndOthersDoNot) {
  if (::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0 && errno == ENOSYS) {
    GTEST_SKIP() << "this kernel has no keys";
  }
  auto id = concat("test-", ::getpid());
  EXPECT_EQ(in_child([&] {
              if (!join_session_keyring(id, false) || add_key("ours") < 0) return 1;
              // The keyring lives as long as one of its processes does.
              int later = in_child([&] { return join_session_keyring(id, false) && finds_key("ours") ? 0 : 1; });
              int other =
                  in_child([&] { return join_session_keyring(id + "-other", false) && finds_key("ours") ? 1 : 0; });
              return later != 0 ? 2 : other != 0 ? 3 : 0;
            }),
            0);
}

TEST(KeyringTest, OnlyWithUsersOfItsOwnMayEverybodyFindIt) {
  if (::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) < 0 && errno == ENOSYS) {
    GTEST_SKIP() << "this kernel has no keys";
  }
  auto id = concat("test-rights-", ::getpid());
  EXPECT_EQ(in_child([&] { return join_session_keyring(id, false) && permissions() == "3f1b0000" ? 0 : 1; }), 0);
  EXPECT_EQ(in_child([&] { return join_session_keyring(id, true) && permissions() == "3f1b0008" ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace kata::agent
