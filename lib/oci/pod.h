// Which pod a container belongs to, and what the pod's manager says about the pod: all of it is told by annotations
// of the container. The managers' table in pod.cc is the only place that knows their keys. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/base/result.h"

namespace grpc {
class Spec;
}

namespace kata::oci {

using Annotations = std::map<std::string, std::string>;
Annotations annotations_of(const grpc::Spec& spec);

struct Membership {
  std::string sandbox_id;
  bool joins = false;         // a container in a sandbox that exists, rather than the one that makes it
  bool may_be_alone = false;  // the manager also makes pods without a sandbox: where it does not exist, none is joined
};
// Without a manager's annotation a container is a pod of its own, named like the container.
Result<Membership> membership(const std::string& id, const Annotations& annotations);

// Whether a pod's manager made the container, be it the sandbox itself or a container in it.
bool is_pod(const Annotations& annotations);

// Whether the manager takes no events and looks for a file "oom" in the bundle instead.
bool wants_oom_file(const Annotations& annotations);

// The sum of the limits of a pod's containers, as some managers announce it with the sandbox. 0: not said.
struct AnnouncedResources {
  int64_t cpu_quota = 0;    // µs of CPU time in a period; -1: no limit
  uint64_t cpu_period = 0;  // µs
  int64_t memory = 0;       // bytes
};
// An announcement that cannot be read is logged and counts as none.
AnnouncedResources announced_resources(const Annotations& annotations);

// The path of the network namespace that the container is to join. Empty: it gets one of its own, or has none.
std::string network_path(const grpc::Spec& spec);

}  // namespace kata::oci
