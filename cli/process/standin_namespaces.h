// Where a stand-in lives: in namespaces that are the container's, and never in the host's.
#pragma once

#include <vector>

#include "cli/container/record.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/process.h"

namespace grpc {
class Spec;
}

namespace kata::cli {

// A process on the user's own terminal belongs to the user's job, which is one of the host's: its namespace of
// processes stays the host's.
enum class Terminal { kUsers, kOther };

struct StandinNamespaces {
  sys::Namespaces namespaces;
  bool own_cgroups = false;    // a cgroup namespace that it makes itself, when it is in its group
  UniqueFd mounts;             // the one to enter before its work begins; none: a fresh one of `namespaces`
  std::vector<UniqueFd> open;  // those that `namespaces` names
};

// Of a container's first process: those that the specification gives by a path, and fresh ones for all others, whether
// it names them or not. The mounts in the fresh one are still the host's; the shim puts the container's in their place.
Result<StandinNamespaces> namespaces_of_container(const grpc::Spec& spec, Terminal terminal);

// Of a process that is added: those of the first one's stand-in.
Result<StandinNamespaces> namespaces_of_exec(const ProcessMark& first, Terminal terminal);

}  // namespace kata::cli
