#include "agent/container/isolation/namespaces.h"

#include <sched.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

struct Kind {
  std::string_view type;  // in the OCI specification
  const char* file;       // under /proc/<pid>/ns
  int flag;
};

// The user namespace is the last: until it is joined, the agent's own privileges count.
constexpr std::array kKinds{
    Kind{"cgroup", "cgroup", CLONE_NEWCGROUP}, Kind{"ipc", "ipc", CLONE_NEWIPC}, Kind{"uts", "uts", CLONE_NEWUTS},
    Kind{"network", "net", CLONE_NEWNET},      Kind{"pid", "pid", CLONE_NEWPID}, Kind{"mount", "mnt", CLONE_NEWNS},
    Kind{"user", "user", CLONE_NEWUSER},
};

struct Wanted {
  bool asked = false;
  std::string path;
};

Wanted find_wanted(const Kind& kind, const grpc::Linux& linux, const SharedNamespaces& shared) {
  Wanted wanted;
  for (const auto& entry : linux.namespaces()) {
    if (entry.type() == kind.type) wanted = {true, entry.path()};
  }
  const std::string* path = kind.flag == CLONE_NEWIPC   ? &shared.ipc
                            : kind.flag == CLONE_NEWUTS ? &shared.uts
                            : kind.flag == CLONE_NEWPID ? &shared.pid
                                                        : nullptr;
  if (path != nullptr && !path->empty()) wanted = {true, *path};
  if (kind.flag == CLONE_NEWPID || kind.flag == CLONE_NEWNS || kind.flag == CLONE_NEWCGROUP) wanted.asked = true;
  return wanted;
}

void warn_of_unknown(const grpc::Linux& linux, std::vector<std::string>& warnings) {
  for (const auto& entry : linux.namespaces()) {
    bool known = false;
    for (const auto& kind : kKinds) known = known || entry.type() == kind.type;
    if (!known) warnings.push_back(concat("namespace type \"", entry.type(), "\" is not supported and left out"));
  }
}

bool is_current(int fd, const Kind& kind) {
  struct stat there {};
  struct stat here {};
  auto own = concat("/proc/self/ns/", kind.file);
  return ::fstat(fd, &there) == 0 && ::stat(own.c_str(), &here) == 0 && there.st_ino == here.st_ino &&
         there.st_dev == here.st_dev;
}

}  // namespace

bool NamespacePlan::joins_one(int flag) const {
  for (const auto& join : joins) {
    if (join.flag == flag) return true;
  }
  return false;
}

Result<NamespacePlan> plan_namespaces(const grpc::Linux& linux, const SharedNamespaces& shared) {
  NamespacePlan plan;
  warn_of_unknown(linux, plan.warnings);
  for (const auto& kind : kKinds) {
    auto wanted = find_wanted(kind, linux, shared);
    if (!wanted.asked) continue;
    if (wanted.path.empty()) {
      plan.created |= static_cast<uint64_t>(kind.flag);
      continue;
    }
    auto fd = TRY_WRAP(sys::open(wanted.path, O_RDONLY), concat("joining the ", kind.type, " namespace"));
    plan.joins.push_back({kind.flag, std::move(fd), std::string(kind.type)});
  }
  return plan;
}

Result<NamespacePlan> pin_namespaces(pid_t pid) {
  NamespacePlan plan;
  for (const auto& kind : kKinds) {
    auto fd = TRY_WRAP(sys::open(concat("/proc/", pid, "/ns/", kind.file), O_RDONLY), "pinning namespaces");
    if (is_current(fd.get(), kind)) continue;
    plan.joins.push_back({kind.flag, std::move(fd), std::string(kind.type)});
  }
  return plan;
}

Result<> join_namespaces(const NamespacePlan& plan) {
  for (const auto& join : plan.joins) {
    if (::setns(join.fd.get(), join.flag) < 0) return Error::sys(errno, concat("join the ", join.name, " namespace"));
  }
  return {};
}

Result<> write_id_maps(pid_t pid, const grpc::Linux& linux) {
  auto uids = id_map_text(linux.uidmappings());
  auto gids = id_map_text(linux.gidmappings());
  TRY_WRAP(sys::write_control(concat("/proc/", pid, "/uid_map"), uids.empty() ? "0 0 1\n" : uids), "mapping user ids");
  TRY_WRAP(sys::write_control(concat("/proc/", pid, "/gid_map"), gids.empty() ? "0 0 1\n" : gids), "mapping group ids");
  return {};
}

}  // namespace kata::agent
