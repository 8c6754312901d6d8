// Linux namespaces of a container: which to join, which to make (namespaces(7)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Paths of the namespaces that the containers of a pod share ("/run/kata-containers/sandbox/ns/ipc"). An empty one is
// not shared: the specification decides.
struct SharedNamespaces {
  std::string ipc, uts, pid;
};

struct NamespaceJoin {
  int flag = 0;  // CLONE_NEW*
  UniqueFd fd;
  std::string name;  // for errors
};

struct NamespacePlan {
  std::vector<NamespaceJoin> joins;  // in the order of joining: the user namespace is the last
  uint64_t created = 0;              // CLONE_NEW* of those to be made
  std::vector<std::string> warnings;

  bool creates(int flag) const { return (created & static_cast<uint64_t>(flag)) != 0; }
  bool joins_one(int flag) const;
};

// What the specification asks for; a namespace that the pod shares goes before it. A PID, a mount and a cgroup
// namespace are always the container's own when nobody asks for another: the runtimes on the host leave them out.
Result<NamespacePlan> plan_namespaces(const grpc::Linux& linux, const SharedNamespaces& shared);

// Opens all namespaces of a running process that differ from the caller's. Open, they stay those of this container even
// when the process has ended.
Result<NamespacePlan> pin_namespaces(pid_t pid);
// Moves the calling process, which must have one thread, into the namespaces.
Result<> join_namespaces(const NamespacePlan& plan);

// "0 100000 65536\n…" for /proc/<pid>/uid_map.
template <typename Mappings>
std::string id_map_text(const Mappings& mappings) {
  std::string text;
  for (const auto& map : mappings) {
    text += std::to_string(map.containerid()) + " " + std::to_string(map.hostid()) + " " + std::to_string(map.size()) +
            "\n";
  }
  return text;
}
// Gives a process in a new user namespace its mappings; without any, root is mapped onto itself.
Result<> write_id_maps(pid_t pid, const grpc::Linux& linux);

}  // namespace kata::agent
