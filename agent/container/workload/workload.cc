#include "agent/container/workload/workload.h"

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "agent/container/workload/executable.h"
#include "agent/container/workload/rlimits.h"
#include "agent/container/workload/user.h"
#include "lib/base/concat.h"

namespace kata::agent {

namespace {

std::string value_of(const std::vector<std::string>& env, const std::string& name) {
  const auto* found = find_variable(env, name);
  return found == nullptr ? std::string() : found->substr(name.size() + 1);
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// A working directory that was reached through a leaked descriptor would be outside of the root; the
// kernel then says "(unreachable)": CVE-2024-21626.
Result<> check_inside_root() {
  std::array<char, PATH_MAX> now{};
  if (::syscall(SYS_getcwd, now.data(), now.size()) < 0 || now[0] != '/') {
    return Error::make(Code::kPermissionDenied, "the working directory is outside of the container's root file system");
  }
  return {};
}

Result<> set_variable(std::vector<std::string>& env, const std::string& entry) {
  auto equals = entry.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error::make(Code::kInvalidArgument,
                       concat("the environment variable \"", entry, "\" is not of the form NAME=value"));
  }
  auto name = entry.substr(0, equals + 1);
  auto present = std::find_if(env.begin(), env.end(), [&](const std::string& one) { return one.starts_with(name); });
  if (present == env.end()) {
    env.push_back(entry);
  } else {
    *present = entry;
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> environment_of(const grpc::Process& process) {
  std::vector<std::string> env;
  for (const auto& entry : process.env()) TRY(set_variable(env, entry));
  if (value_of(env, "HOME").empty()) TRY(set_variable(env, "HOME=" + home_of(process.user().uid())));
  return env;
}

Result<> Workload::enter_directory() {
  auto directory = process_->cwd().empty() ? std::string("/") : process_->cwd();
  if (!directory.starts_with('/')) {
    return Error::make(Code::kInvalidArgument, concat("the working directory \"", directory, "\" is not absolute"));
  }
  if (::chdir(directory.c_str()) < 0) return Error::sys(errno, "enter the working directory", directory);
  return {};
}

// Root may be the one who is not allowed: a FUSE or NFS file system of the user.
Result<> Workload::enter_directory_as_user(const Result<>& as_root) {
  if (!as_root) TRY(enter_directory());
  return check_inside_root();
}

Result<Workload> Workload::prepare(const grpc::Process& process, const grpc::LinuxSeccomp* seccomp,
                                   std::vector<std::string>& warnings) {
  if (process.args().empty())
    return Error::make(Code::kInvalidArgument, "process.args is empty: there is nothing to run");
  Workload out(process);
  out.capabilities_ = parse_capabilities(process.capabilities(), warnings);
  if (seccomp != nullptr) out.filter_ = TRY(SeccompFilter::create(*seccomp, warnings));
  TRY(apply_rlimits(process.rlimits(), warnings));
  out.env_ = TRY(environment_of(process));
  ::umask(process.user().has_umask() ? process.user().umask() : 0022);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  TRY(out.become(warnings));
  out.program_ = TRY(find_executable(process.args(0), value_of(out.env_, "PATH")));
  if (out.filter_ && process.nonewprivileges()) TRY(out.filter_->load());
  return out;
}

// Without no_new_privs only CAP_SYS_ADMIN may load a filter, so it comes before the capabilities go and must allow
// capset and prctl; with it, it is loaded as late as can be, by prepare().
Result<> Workload::become(std::vector<std::string>& warnings) {
  auto entered = enter_directory();
  if (!entered && !entered.error().is_errno(EACCES) && !entered.error().is_errno(EPERM)) return entered;
  TRY(drop_bounding(capabilities_));
  TRY(become_user(process_->user()));
  TRY(enter_directory_as_user(entered));
  if (process_->nonewprivileges() && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    return Error::sys(errno, "set no_new_privs");
  }
  if (filter_ && !process_->nonewprivileges()) {
    TRY(raise_permitted());
    TRY(filter_->load());
  }
  return apply_capabilities(capabilities_, warnings);
}

Error Workload::run() {
  std::vector<std::string> args(process_->args().begin(), process_->args().end());
  auto argv = pointers(args);
  auto env = pointers(env_);
  ::execve(program_.c_str(), argv.data(), env.data());
  return exec_error(args[0], errno);
}

}  // namespace kata::agent
