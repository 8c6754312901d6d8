// The filter itself, in a child of the test; that QEMU lives with it is what every test with a machine shows.
#include <gtest/gtest.h>
#include <linux/seccomp.h>  // after what defines its types
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "hypervisor/qemu/jail.h"
#include "hypervisor/qemu/settings.h"
#include "lib/sys/process.h"

namespace kata::hypervisor {
namespace {

// What a call answers behind the filter of such a QEMU: 0, or its errno.
int answer(const VmConfig& config, const std::function<long()>& call) {
  auto code = qemu_system_calls(config);
  sock_fprog program{static_cast<unsigned short>(code.size()), const_cast<sock_filter*>(code.data())};
  auto child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) ::_exit(255);
    ::_exit(call() == -1 ? errno : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

VmConfig with_files() {
  VmConfig out;
  out.shared.push_back({.kind = SharedDirectory::Kind::k9p});
  return out;
}

TEST(SystemCalls, WaysOutAreNotThere) {
  for (long number : {SYS_unshare,
                      SYS_setns,
                      SYS_ptrace,
                      SYS_bpf,
                      SYS_perf_event_open,
                      SYS_userfaultfd,
                      SYS_io_uring_setup,
                      SYS_mount,
                      SYS_pivot_root,
                      SYS_chroot,
                      SYS_setuid,
                      SYS_setgid,
                      SYS_setgroups,
                      SYS_kexec_load,
                      SYS_init_module,
                      SYS_finit_module,
                      SYS_keyctl,
                      SYS_add_key,
                      SYS_open_by_handle_at,
                      SYS_process_vm_readv,
                      SYS_process_vm_writev,
                      SYS_kill,
                      SYS_clone3,
                      SYS_bind,
                      SYS_listen,
                      SYS_swapon,
                      SYS_reboot,
                      SYS_syslog,
                      SYS_settimeofday,
                      SYS_personality,
                      SYS_sched_setscheduler,
                      SYS_capset}) {
    for (const auto& config : {VmConfig{}, with_files()}) {
      EXPECT_EQ(answer(config, [&] { return ::syscall(number, 0, 0, 0, 0, 0, 0); }), ENOSYS)
          << "system call " << number;
    }
  }
}

TEST(SystemCalls, ThreadsAreMadeAndProcessesAreNot) {
  auto make = [](long flags) { return [=] { return ::syscall(SYS_clone, flags, 0, 0, 0, 0); }; };
  EXPECT_EQ(answer({}, make(SIGCHLD)), ENOSYS);
  EXPECT_EQ(answer({}, make(CLONE_NEWUSER | SIGCHLD)), ENOSYS);
  EXPECT_EQ(answer({},
                   [] {
                     std::thread([] {}).join();
                     return 0L;
                   }),
            0);
}

TEST(SystemCalls, SocketsReachNothingButSockets) {
  for (int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK}) {
    EXPECT_EQ(answer({}, [&] { return ::socket(family, SOCK_STREAM, 0); }), ENOSYS) << family;
  }
  EXPECT_EQ(answer({}, [] { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }), 0);
}

TEST(SystemCalls, NamesOfFilesAreChangedByWhoServesFilesAlone) {
  for (long number : {SYS_unlinkat, SYS_mknodat, SYS_renameat2, SYS_fchownat, SYS_linkat}) {
    auto call = [&] { return ::syscall(number, -1, "x", -1, "y", 0, 0); };
    EXPECT_EQ(answer({}, call), ENOSYS) << number;
    EXPECT_NE(answer(with_files(), call), ENOSYS) << number;
  }
}

}  // namespace
}  // namespace kata::hypervisor
