// The OCI specification as the guest gets it: what only makes sense on the host is taken out.
// Paths of the root and of bind mounts are runtime/storage's part.
#pragma once

#include <string>
#include <vector>

#include "lib/proto/oci.pb.h"

namespace kata {

struct GuestSpecOptions {
  bool seccomp = false;            // disable_guest_seccomp = false
  bool selinux = false;            // disable_guest_selinux = false
  std::vector<std::string> disks;  // paths of devices that are plugged into the machine
};

// Warns once, listing them, about devices that the guest cannot have.
void constrain(grpc::Spec& spec, const GuestSpecOptions& options);

// The same for the resources of an update.
void constrain(grpc::LinuxResources& resources);

// Whether the specification joins a process namespace that exists: in a pod, that of its first container. Before
// constrain(), which takes the path out.
bool joins_pid_namespace(const grpc::Spec& spec);

}  // namespace kata
