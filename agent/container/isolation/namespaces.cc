#include "agent/container/isolation/namespaces.h"

#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/oci/id_map.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

struct Kind {
  std::string_view type;  // in the OCI specification
  const char* file;       // under /proc/<pid>/ns
  int flag;
};

constexpr int kNewTime = 0x80;  // CLONE_NEWTIME, which glibc's header lacks

// The user namespace is the last: until it is joined, the agent's own privileges count.
constexpr std::array kKinds{
    Kind{"cgroup", "cgroup", CLONE_NEWCGROUP},
    Kind{"ipc", "ipc", CLONE_NEWIPC},
    Kind{"uts", "uts", CLONE_NEWUTS},
    Kind{"network", "net", CLONE_NEWNET},
    Kind{"pid", "pid", CLONE_NEWPID},
    Kind{"mount", "mnt", CLONE_NEWNS},
    Kind{"time", "time", kNewTime},
    Kind{"user", "user", CLONE_NEWUSER},
};

struct Wanted {
  bool asked = false;
  std::string path;
};

bool joins_user_namespace(const grpc::Linux& linux, const SharedNamespaces& shared) {
  return asks_for_new(linux, "user") && !shared.user.empty() && shared.user_maps == maps_of(linux);
}

// The pod's namespace of this kind, or nothing.
std::string shared_path(const Kind& kind, const grpc::Linux& linux, const SharedNamespaces& shared) {
  bool joins_user = joins_user_namespace(linux, shared);
  if (kind.flag == CLONE_NEWUSER) return joins_user ? shared.user : std::string();
  if (kind.flag == CLONE_NEWPID) return shared.pid;
  if (kind.flag != CLONE_NEWIPC && kind.flag != CLONE_NEWUTS) return {};
  bool has_own_user = asks_for_new(linux, "user") && !joins_user;
  if (has_own_user && asks_for_new(linux, kind.type)) return {};
  return kind.flag == CLONE_NEWIPC ? shared.ipc : shared.uts;
}

Wanted find_wanted(const Kind& kind, const grpc::Linux& linux, const SharedNamespaces& shared) {
  Wanted wanted;
  for (const auto& entry : linux.namespaces()) {
    if (entry.type() == kind.type) wanted = {true, entry.path()};
  }
  if (auto path = shared_path(kind, linux, shared); !path.empty()) wanted = {true, path};
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
  auto there = sys::stat(fd, kind.type);
  auto here = sys::stat(concat("/proc/self/ns/", kind.file));
  return there && here && sys::is_same_file(*there, *here);
}

std::string time_offsets_text(const grpc::Linux& linux) {
  std::string text;
  for (const auto& [clock, offset] : linux.time_offsets()) {
    text += concat(clock, " ", offset.secs(), " ", offset.nanosecs(), "\n");
  }
  return text;
}

}  // namespace

std::string maps_of(const grpc::Linux& linux) {
  return concat(oci::id_map_text(linux.uidmappings()), "/", oci::id_map_text(linux.gidmappings()));
}

bool asks_for_new(const grpc::Linux& linux, std::string_view type) {
  const auto& all = linux.namespaces();
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& entry) { return entry.type() == type && entry.path().empty(); });
}

std::optional<uint32_t> outside_uid(const grpc::Linux& linux, uint32_t inside) {
  return oci::id_outside(linux.uidmappings(), inside);
}

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
      if (kind.flag == kNewTime) {
        plan.time_offsets = time_offsets_text(linux);
      } else {
        plan.created |= static_cast<uint64_t>(kind.flag);
      }
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
    auto path = concat("/proc/", pid, "/ns/", kind.file);
    bool unknown = kind.flag == kNewTime && !sys::exists("/proc/self/ns/time");  // to a kernel that was built without
    if (unknown) continue;
    auto fd = TRY_WRAP(sys::open(path, O_RDONLY), "pinning namespaces");
    if (is_current(fd.get(), kind)) continue;
    plan.joins.push_back({kind.flag, std::move(fd), std::string(kind.type)});
  }
  return plan;
}

Result<> make_time_namespace(const NamespacePlan& plan) {
  if (!plan.time_offsets) return {};
  if (::unshare(kNewTime) < 0) return Error::sys(errno, "make a time namespace");
  if (plan.time_offsets->empty()) return {};
  return sys::write_control("/proc/self/timens_offsets", *plan.time_offsets).wrap("setting linux.timeOffsets");
}

Result<> join_namespaces(const NamespacePlan& plan) {
  for (const auto& join : plan.joins) {
    if (::setns(join.fd.get(), join.flag) < 0) return Error::sys(errno, concat("join the ", join.name, " namespace"));
  }
  return {};
}

Result<> write_id_maps(pid_t pid, const grpc::Linux& linux) {
  auto uids = oci::id_map_text(linux.uidmappings());
  auto gids = oci::id_map_text(linux.gidmappings());
  TRY_WRAP(sys::write_control(concat("/proc/", pid, "/uid_map"), uids.empty() ? "0 0 1\n" : uids), "mapping user ids");
  TRY_WRAP(sys::write_control(concat("/proc/", pid, "/gid_map"), gids.empty() ? "0 0 1\n" : gids), "mapping group ids");
  return {};
}

}  // namespace kata::agent
