// Each probe uses one thing of the kernel, and answers with what went wrong; empty: it works.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace probe {

// "open /dev/x: No such file or directory", from errno.
inline std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }

// A descriptor that is closed at the end of its scope.
class Fd {
 public:
  explicit Fd(long fd) : fd_(static_cast<int>(fd)) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Runs `check` in a process of its own, for what can't be undone. It returns true when all is well.
template <typename F>
bool in_child(F check) {
  pid_t pid = ::fork();
  if (pid == 0) ::_exit(check() ? 0 : 1);
  int status = -1;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// devices.cc; below the directory where a devtmpfs is mounted.
std::string tun(const std::string& dev);
std::string fuse(const std::string& dev);
std::string loop(const std::string& dev);
std::string device_mapper(const std::string& dev);
std::string kvm(const std::string& dev);
std::string vhost(const std::string& dev);

// files.cc; `directory` is a volume of Kubernetes
std::string swapped(const std::string& directory);
std::string piped(const std::string& directory);

// netfilter.cc
std::string nftables(const std::string& dev);
std::string ipset(const std::string& dev);
std::string iptables(const std::string& dev);

// sandboxes.cc
std::string io_uring(const std::string& dev);
std::string userfaultfd(const std::string& dev);
std::string seccomp(const std::string& dev);
std::string landlock(const std::string& dev);
std::string bpf(const std::string& dev);
std::string vsock(const std::string& dev);
std::string ciphers(const std::string& dev);

}  // namespace probe
