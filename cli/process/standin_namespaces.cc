#include "cli/process/standin_namespaces.h"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"
#include "runtime/network/pod_namespace.h"

namespace kata::cli {

namespace {

struct Kind {
  int type;
  const char* name;  // in a specification
  const char* file;  // below /proc/PID/ns
};

constexpr Kind kKinds[] = {{CLONE_NEWNET, "network", "net"},
                           {CLONE_NEWIPC, "ipc", "ipc"},
                           {CLONE_NEWUTS, "uts", "uts"},
                           {CLONE_NEWPID, "pid", "pid"}};
constexpr Kind kCgroups{CLONE_NEWCGROUP, "cgroup", "cgroup"};

bool is_left_out(const Kind& kind, Terminal terminal) {
  return kind.type == CLONE_NEWPID && terminal == Terminal::kUsers;
}

Result<bool> is_ours(int fd, const Kind& kind) {
  auto own = TRY(sys::stat(concat("/proc/thread-self/ns/", kind.file)));
  return TRY(sys::stat(fd, kind.file)).st_ino == own.st_ino;
}

// False, and nothing is joined, when it is our own.
Result<bool> join(const std::string& path, const Kind& kind, StandinNamespaces& out) {
  auto fd = TRY_WRAP(sys::open(path, O_RDONLY | O_NONBLOCK), concat("the container's ", kind.name, " namespace"));
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != kind.type) {
    return Error::make(Code::kInvalidArgument, concat(path, " is not a namespace of the kind ", kind.name));
  }
  if (TRY(is_ours(fd.get(), kind))) return false;
  out.namespaces.joined.push_back({kind.type, fd.get()});
  out.open.push_back(std::move(fd));
  return true;
}

const grpc::LinuxNamespace* find(const grpc::Spec& spec, const Kind& kind) {
  const auto& all = spec.linux().namespaces();
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.type() == kind.name; });
  return found == all.end() ? nullptr : &*found;
}

// Empty: a fresh one.
Result<std::string> path_of(const grpc::Spec& spec, const Kind& kind) {
  if (kind.type == CLONE_NEWNET) return TRY(network::find_pod_namespace(spec)).path;
  const auto* listed = find(spec, kind);
  return listed == nullptr ? std::string() : listed->path();
}

}  // namespace

Result<StandinNamespaces> namespaces_of_container(const grpc::Spec& spec, Terminal terminal) {
  StandinNamespaces out;
  out.namespaces.fresh = CLONE_NEWNS;
  for (const auto& kind : kKinds) {
    if (is_left_out(kind, terminal)) continue;
    auto path = TRY(path_of(spec, kind));
    auto joined = path.empty() ? Result<bool>(false) : join(path, kind, out);
    // What cannot be opened is one that the shim refuses by name; of the network it does not hear.
    bool refused_later = !joined && kind.type != CLONE_NEWNET && !joined.error().is(Code::kInvalidArgument);
    if (!joined && !refused_later) return joined.error();
    if (!joined || !*joined) out.namespaces.fresh |= kind.type;
  }
  out.own_cgroups = find(spec, kCgroups) != nullptr;
  return out;
}

Result<StandinNamespaces> namespaces_of_exec(const ProcessMark& first, Terminal terminal) {
  StandinNamespaces out;
  auto directory = concat("/proc/", first.pid, "/ns/");
  for (const auto& kind : kKinds) {
    if (!is_left_out(kind, terminal)) TRY(join(directory + kind.file, kind, out));
  }
  TRY(join(directory + kCgroups.file, kCgroups, out));
  out.mounts = TRY_WRAP(sys::open(directory + "mnt", O_RDONLY), "the container's mount namespace");
  if (still_runs(first)) return out;
  return Error::make(Code::kFailedPrecondition, concat("the container's stand-in ", first.pid, " has ended"));
}

}  // namespace kata::cli
