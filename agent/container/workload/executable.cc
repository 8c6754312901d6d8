#include "agent/container/workload/executable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/concat.h"

namespace kata::agent {

namespace {

// 0, or why it cannot be run.
int check(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) < 0) return errno;
  if (!S_ISREG(info.st_mode)) return EACCES;
  // access(2) is of no use: without the privileges of root it forgets the capabilities, which execve() will count.
  if (::syscall(SYS_faccessat2, AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0) return 0;
  // An old kernel, or a system call filter that is older than the call: execve() will say it.
  return errno == ENOSYS || errno == EPERM ? 0 : errno;
}

}  // namespace

const std::string* find_variable(const std::vector<std::string>& env, const std::string& name) {
  const std::string* found = nullptr;
  for (const auto& entry : env) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') found = &entry;
  }
  return found;
}

Error exec_error(const std::string& name, int err) {
  auto text = concat("exec \"", name, "\": ");
  if (err == ENOENT || err == ENOTDIR) {
    return Error::make(Code::kNotFound, concat(text, "no such file or directory"))
        .hint("check the path; for a script or a dynamic program, also that its interpreter is in the image");
  }
  if (err == EACCES || err == EPERM) return Error::make(Code::kPermissionDenied, concat(text, "permission denied"));
  if (err == ENOEXEC) return Error::make(Code::kPermissionDenied, concat(text, "exec format error"));
  return Error::make(code_of_errno(err), concat(text, ::strerrordesc_np(err)));
}

Result<std::string> find_executable(const std::string& name, const std::string& path) {
  if (name.empty()) return Error::make(Code::kInvalidArgument, "exec: the program's name is empty");
  if (name.find('/') != std::string::npos) {
    int err = check(name);
    if (err != 0) return exec_error(name, err);
    return name;
  }
  bool denied = false;
  for (size_t at = 0; !path.empty() && at <= path.size();) {
    auto end = std::min(path.find(':', at), path.size());
    auto directory = path.substr(at, end - at);
    auto candidate = concat(directory.empty() ? "." : directory, "/", name);
    int err = check(candidate);
    if (err == 0) return candidate;
    denied = denied || err == EACCES;
    at = end + 1;
  }
  if (denied) return exec_error(name, EACCES);
  return Error::make(Code::kNotFound, concat("exec \"", name, "\": executable file not found in $PATH"));
}

}  // namespace kata::agent
