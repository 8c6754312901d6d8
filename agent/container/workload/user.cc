#include "agent/container/workload/user.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <vector>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

// Each once.
std::vector<gid_t> groups_of(const grpc::User& user) {
  std::set<gid_t> groups(user.additionalgids().begin(), user.additionalgids().end());
  return {groups.begin(), groups.end()};
}

// Above, tools take them for negative numbers, and the highest one means "leave it" to the kernel.
Result<> check_id(uint32_t id) {
  constexpr uint32_t kHighest = 0x7fffffff;
  if (id <= kHighest) return {};
  return Error::make(Code::kInvalidArgument, concat("the user or group ", id, " is above ", kHighest));
}

Result<> set_groups(const std::vector<gid_t>& groups) {
  if (::syscall(SYS_setgroups, groups.size(), groups.data()) == 0) return {};
  // A user namespace may deny it (setgroups "deny"); without groups to set nothing is lost.
  if (errno == EPERM && groups.empty()) return {};
  return Error::sys(errno, "setgroups");
}

}  // namespace

Result<> become_user(const grpc::User& user) {
  TRY(check_id(user.uid()));
  TRY(check_id(user.gid()));
  for (auto gid : user.additionalgids()) TRY(check_id(gid));
  ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  TRY(set_groups(groups_of(user)));
  if (::syscall(SYS_setresgid, user.gid(), user.gid(), user.gid()) < 0) {
    return Error::sys(errno, "setgid", concat(user.gid()));
  }
  if (::syscall(SYS_setresuid, user.uid(), user.uid(), user.uid()) < 0) {
    return Error::sys(errno, "setuid", concat(user.uid()));
  }
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  return {};
}

Result<> become_root() {
  if (::syscall(SYS_setresgid, 0, 0, 0) < 0) return Error::sys(errno, "setgid", "0");
  if (::syscall(SYS_setresuid, 0, 0, 0) < 0) return Error::sys(errno, "setuid", "0");
  return set_groups({});
}

std::string home_in(const std::string& passwd, uid_t uid) {
  constexpr size_t kUidField = 2;
  constexpr size_t kHomeField = 5;
  for (size_t at = 0; at < passwd.size();) {
    auto end = passwd.find('\n', at);
    std::string_view line(passwd.data() + at, (end == std::string::npos ? passwd.size() : end) - at);
    at += line.size() + 1;
    std::vector<std::string_view> fields;
    for (size_t from = 0; from <= line.size();) {
      auto colon = std::min(line.find(':', from), line.size());
      fields.push_back(line.substr(from, colon - from));
      from = colon + 1;
    }
    if (fields.size() > kHomeField && fields[kUidField] == std::to_string(uid)) return std::string(fields[kHomeField]);
  }
  return {};
}

std::string home_of(uid_t uid) {
  constexpr size_t kLargestPasswd = 4U << 20U;
  auto text = sys::read_file("/etc/passwd", kLargestPasswd);
  auto home = text ? home_in(*text, uid) : std::string();
  return home.empty() ? "/" : home;
}

}  // namespace kata::agent
