// Which pod a container belongs to, told by the annotations of the engines' pod managers, and where its
// shim listens.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::shim {

struct Membership {
  std::string sandbox_id;
  bool joins = false;  // a container in a sandbox that exists, rather than the one that makes it
};

// No annotation: a pod of its own, named like the container.
Result<Membership> membership(const std::string& id, const grpc::Spec& spec);

// /run/containerd/s/<sha256 of address/namespace/id>: the path without "unix://".
std::string socket_path(const std::string& address, const std::string& name_space, const std::string& sandbox_id);

}  // namespace kata::shim
