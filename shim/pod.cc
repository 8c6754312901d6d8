#include "shim/pod.h"

#include "lib/base/concat.h"
#include "lib/base/sha256.h"

namespace kata::shim {

namespace {

struct Manager {
  const char* type;
  const char* sandbox;  // the value of `type` for the sandbox itself
  const char* id;
};

constexpr Manager kManagers[] = {
    {"io.kubernetes.cri.container-type", "sandbox", "io.kubernetes.cri.sandbox-id"},
    {"io.kubernetes.cri-o.ContainerType", "sandbox", "io.kubernetes.cri-o.SandboxID"},
    {"io.kubernetes.docker.type", "podsandbox", "io.kubernetes.sandbox.id"},
};

}  // namespace

Result<Membership> membership(const std::string& id, const grpc::Spec& spec) {
  const auto& annotations = spec.annotations();
  for (const auto& manager : kManagers) {
    auto type = annotations.find(manager.type);
    if (type == annotations.end()) continue;
    if (type->second == manager.sandbox) return Membership{id, false};
    auto sandbox = annotations.find(manager.id);
    if (sandbox != annotations.end() && !sandbox->second.empty()) return Membership{sandbox->second, true};
    return Error::make(Code::kInvalidArgument, concat("annotation ", manager.type, " is \"", type->second, "\", but ",
                                                      manager.id, " is missing"));
  }
  return Membership{id, false};
}

std::string socket_path(const std::string& address, const std::string& name_space, const std::string& sandbox_id) {
  return concat("/run/containerd/s/", sha256_hex(concat(address, "/", name_space, "/", sandbox_id)));
}

}  // namespace kata::shim
