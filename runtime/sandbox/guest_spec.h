// The OCI specification as the guest gets it: what only makes sense on the host is taken out.
// Paths of the root and of bind mounts are runtime/storage's part.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata {

// Devices that are plugged into the machine: the container's path, and the numbers on the host.
using Disks = std::vector<grpc::LinuxDevice>;

struct GuestSpecOptions {
  bool seccomp = false;  // disable_guest_seccomp = false
  bool selinux = false;  // disable_guest_selinux = false
  Disks disks;
};

// What a machine of its own cannot do for the container, and what would be wrong to leave out in silence: namespaces of
// the host that it wants to join, mounts with other ids. `in_pod`: some of the paths are those of its pod.
Result<> check_spec(const grpc::Spec& spec, bool in_pod);

// What the machine is called. A container without a UTS namespace and a name of its own (`--uts host`) is to have the
// host's, which it gets as it is now; any other has a name, or its sandbox's id, shortened as docker does.
std::string machine_name(const grpc::Spec& spec, const std::string& sandbox_id);

// Warns once, listing them, about devices that the guest cannot have.
void constrain(grpc::Spec& spec, const GuestSpecOptions& options);

// The same for the resources of an update.
void constrain(grpc::LinuxResources& resources, const Disks& disks);

// The devices, "8:0 8:16", whose limits do not hold in the guest, because they are none of its disks.
std::string limited_on_host(const grpc::LinuxResources& resources, const Disks& disks);

}  // namespace kata
