#include "agent/container/isolation/sysctl.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "agent/container/isolation/namespaces.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/thread.h"

namespace kata::agent {

namespace {

bool is_of(SysctlKind kind, const std::string& path) {
  bool of_user_namespace = path.starts_with("user/");
  return kind == SysctlKind::kAll || of_user_namespace == (kind == SysctlKind::kOfUserNamespace);
}

Result<> enter_namespaces_of(pid_t pid) {
  for (const char* name : {"net", "ipc", "uts"}) {
    auto fd = TRY(sys::open(concat("/proc/", pid, "/ns/", name), O_RDONLY));
    if (::setns(fd.get(), 0) < 0) return Error::sys(errno, concat("join the ", name, " namespace of the container"));
  }
  return {};
}

// Some parameters are root's, others are those of the root of their namespace's user namespace and of nobody else (IPC,
// from Linux 6.10 on).
Result<> write_one(const std::string& path, const std::string& value, uid_t root_of_container) {
  auto written = sys::write_control(path, value);
  bool refused = !written && (written.error().is_errno(EACCES) || written.error().is_errno(EPERM));
  if (!refused || root_of_container == 0) return written;
  // Of the calling thread only, as the call itself has it.
  ::syscall(SYS_setresuid, -1, root_of_container, -1);
  auto again = sys::write_control(path, value);
  ::syscall(SYS_setresuid, -1, 0, -1);
  return again ? again : written;
}

Result<> write_all(const grpc::Linux& linux, SysctlKind which, uid_t root_of_container) {
  // A map of the message has no order, but what is written should not vary from run to run.
  std::map<std::string, std::string> sorted(linux.sysctl().begin(), linux.sysctl().end());
  for (const auto& [key, value] : sorted) {
    auto path = TRY(sysctl_path(key));
    if (!is_of(which, path)) continue;
    TRY_WRAP(write_one(concat("/proc/sys/", path), value, root_of_container), concat("setting sysctl ", key));
  }
  return {};
}

}  // namespace

Result<std::string> sysctl_path(const std::string& key) {
  auto first = key.find_first_of("./");
  std::string path = key;
  if (first != std::string::npos && key[first] == '.') {
    for (char& c : path) {
      if (c == '.') {
        c = '/';
      } else if (c == '/') {
        c = '.';
      }
    }
  }
  auto padded = concat("/", path, "/");
  if (padded.find("/../") != std::string::npos || padded.find("//") != std::string::npos) {
    return Error::make(Code::kInvalidArgument, concat("the sysctl key \"", key, "\" is malformed"));
  }
  return path;
}

Result<> apply_sysctls(const grpc::Linux& linux, SysctlKind which) { return write_all(linux, which, 0); }

Result<> apply_sysctls_in(pid_t pid, const grpc::Linux& linux, SysctlKind which) {
  if (linux.sysctl().empty()) return {};
  // Namespaces are each thread's own, and the agent stays where it is.
  Result<> done;
  auto thread = TRY(sys::Thread::start("namespace", [&] {
    done = enter_namespaces_of(pid);
    if (done) done = write_all(linux, which, outside_uid(linux, 0).value_or(0));
  }));
  thread.join();
  return done;
}

}  // namespace kata::agent
