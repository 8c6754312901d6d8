// Linux namespaces of a container: which to join, which to make (namespaces(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// Paths of the namespaces that the containers of a pod share ("/run/kata-containers/sandbox/ns/ipc"). An empty one is
// not shared: the specification decides.
struct SharedNamespaces {
  std::string ipc, uts, pid;
  std::string user;       // that of the pod's first container, when it has one of its own
  std::string user_maps;  // maps_of() it
};

struct NamespaceJoin {
  int flag = 0;  // CLONE_NEW*
  UniqueFd fd;
  std::string name;  // for errors
};

struct NamespacePlan {
  std::vector<NamespaceJoin> joins;         // in the order of joining: the user namespace is the last
  uint64_t created = 0;                     // CLONE_NEW* of those to be made with the process
  std::optional<std::string> time_offsets;  // a time namespace is to be made before it, with these clocks
  std::vector<std::string> warnings;

  bool creates(int flag) const { return (created & static_cast<uint64_t>(flag)) != 0; }
  bool joins_one(int flag) const;
  // Whether the container has one of its own, or one that only its pod has.
  bool has(int flag) const { return creates(flag) || joins_one(flag); }
};

// What the specification asks for; a namespace that the pod shares goes before it. But to a container with a user
// namespace of its own the pod's would be somebody else's, whose host name it may not set and whose message queues it
// may not mount: it gets new ones where it asks for new ones. Who has the mappings of the pod's user namespace joins
// that. A PID, a mount and a cgroup namespace are always the container's own when nobody asks for another: the runtimes
// on the host leave them out.
Result<NamespacePlan> plan_namespaces(const grpc::Linux& linux, const SharedNamespaces& shared);

// Opens all namespaces of a running process that differ from the caller's. Open, they stay those of this container even
// when the process has ended.
Result<NamespacePlan> pin_namespaces(pid_t pid);
// Makes the time namespace for the children of the calling process: once one is in it, its clocks are settled.
Result<> make_time_namespace(const NamespacePlan& plan);
// Moves the calling process, which must have one thread, into the namespaces.
Result<> join_namespaces(const NamespacePlan& plan);

// Both mappings as text: equal for containers of one user namespace.
std::string maps_of(const grpc::Linux& linux);
// Whether the specification asks for a new namespace of this type ("uts").
bool asks_for_new(const grpc::Linux& linux, std::string_view type);

// The id outside of the container's user namespace, if it has one and that maps the id. Pure.
std::optional<uint32_t> outside_uid(const grpc::Linux& linux, uint32_t inside);

// Gives a process in a new user namespace its mappings; without any, root is mapped onto itself.
Result<> write_id_maps(pid_t pid, const grpc::Linux& linux);

}  // namespace kata::agent
