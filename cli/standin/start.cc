#include "cli/standin/start.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kata::standin {

namespace {

ssize_t receive(void* data, size_t size) {
  ssize_t got = 0;
  while ((got = ::recv(kOrders, data, size, 0)) < 0 && errno == EINTR) {
  }
  return got;
}

int if_open(int number) { return ::fcntl(number, F_GETFD) < 0 ? -1 : number; }

}  // namespace

Given look_at_descriptors() { return {if_open(kIn), if_open(kOut), if_open(kErr), if_open(kMounts)}; }

bool receive_order(Order& order) {
  if (receive(&order, sizeof order) != static_cast<ssize_t>(sizeof order)) return false;
  order.id[kOrderName - 1] = order.exec_id[kOrderName - 1] = 0;
  return true;
}

void answer(Answer answer) { ::send(kOrders, &answer, sizeof answer, MSG_NOSIGNAL); }

void take_name(const char* program) {
  const char* name = std::strrchr(program, '/');
  ::prctl(PR_SET_NAME, name != nullptr ? name + 1 : program);
}

bool wait_for_go() {
  char byte = 0;
  bool go = receive(&byte, 1) == 1;
  ::close(kOrders);
  return go;
}

int open_own_mounts() { return ::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC); }

int enter_mounts(int namespace_fd) {
  int err = ::setns(namespace_fd, CLONE_NEWNS) < 0 ? errno : 0;
  ::close(namespace_fd);
  return err;
}

// A kernel without such namespaces is as good: nothing else depends on it.
void leave_cgroups() { ::unshare(CLONE_NEWCGROUP); }

void give_up_privileges() {
  constexpr unsigned long kMostCapabilities = 64;
  for (unsigned long one = 0; one < kMostCapabilities && ::prctl(PR_CAPBSET_DROP, one, 0, 0, 0) == 0; ++one) {
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  ::syscall(SYS_capset, &header, none);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void wait_for_others() {
  constexpr int kMilliseconds = 20;
  constexpr int kTimes = 50;
  if (::getpid() != 1) return;
  for (int i = 0; i < kTimes && ::kill(-1, 0) == 0; ++i) {
    reap();
    ::poll(nullptr, 0, kMilliseconds);
  }
}

}  // namespace kata::standin
