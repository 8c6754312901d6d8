#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_alg.h>
#include <linux/io_uring.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <linux/vm_sockets.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "probes.h"

namespace probe {

std::string io_uring(const std::string& /*dev*/) {
  io_uring_params parameters{};
  Fd fd(::syscall(SYS_io_uring_setup, 4, &parameters));
  return fd ? std::string() : failed("io_uring_setup");
}

std::string userfaultfd(const std::string& /*dev*/) {
  Fd fd(::syscall(SYS_userfaultfd, O_CLOEXEC));
  if (!fd) return failed("userfaultfd");
  uffdio_api api{UFFD_API, 0, 0};
  return ::ioctl(fd.get(), UFFDIO_API, &api) == 0 ? std::string() : failed("its handshake");
}

std::string seccomp(const std::string& /*dev*/) {
  bool works = in_child([] {
    std::array<sock_filter, 4> code = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    sock_fprog program{code.size(), code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return false;
    return ::syscall(SYS_getppid) == -1 && errno == EXDEV;
  });
  return works ? "" : "a filter did not filter";
}

std::string landlock(const std::string& /*dev*/) {
  bool works = in_child([] {
    landlock_ruleset_attr rules{};
    rules.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE;
    Fd fd(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!fd || ::syscall(SYS_landlock_restrict_self, fd.get(), 0) != 0) return false;
    Fd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    return !file && errno == EACCES;
  });
  return works ? "" : "a rule set did not restrict";
}

std::string bpf(const std::string& /*dev*/) {
  // r0 = 0; exit
  std::array<bpf_insn, 2> code{};
  code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  code[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = reinterpret_cast<uint64_t>(code.data());
  attributes.insn_cnt = code.size();
  attributes.license = reinterpret_cast<uint64_t>("Apache-2.0");
  // The verifier gives way when anything wants the processor; libbpf tries five times, too.
  for (int tries = 0; tries < 5; ++tries) {
    Fd fd(::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
    if (fd) return {};
    if (errno != EAGAIN) break;
  }
  return failed("load a program for a cgroup's devices");
}

std::string vsock(const std::string& /*dev*/) {
  Fd fd(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed("open a vsock");
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = VMADDR_CID_ANY;
  address.svm_port = 5000;
  return ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? std::string()
                                                                                      : failed("bind it");
}

std::string ciphers(const std::string& /*dev*/) {
  Fd fd(::socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return failed("open a socket for ciphers");
  sockaddr_alg address{};
  address.salg_family = AF_ALG;
  std::memcpy(address.salg_type, "skcipher", sizeof "skcipher");
  std::memcpy(address.salg_name, "xts(aes)", sizeof "xts(aes)");
  return ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? std::string()
                                                                                      : failed("ask for xts(aes)");
}

}  // namespace probe
