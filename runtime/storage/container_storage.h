// What a container needs of the host's file system: plan → attach on the host → describe to the guest → detach.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"
#include "runtime/journal/journal.h"
#include "runtime/storage/shared_directory.h"

namespace kata::storage {

// The annotation that picks a root file system which the guest image carries.
inline constexpr char kEmbeddedRootfs[] = "io.katacontainers.rootfs.embedded";

// A mount that an engine asks for before the container is made (containerd's rootfs mounts).
struct Mount {
  std::string type, source, target;
  std::vector<std::string> options;
};

// A bind mount of the specification whose source is on the host.
struct Volume {
  int index = 0;  // in spec.mounts
  std::string source;
  std::string name;  // in the shared directory
  bool read_only = false;
};

struct Plan {
  std::string container;
  std::string bundle;
  std::vector<Mount> rootfs_mounts;  // made on <bundle>/rootfs first
  std::string rootfs;                // on the host; empty: in the guest
  std::string guest_rootfs;          // where the guest finds it
  std::vector<Volume> volumes;
  std::vector<int> dropped;  // indices in spec.mounts that cannot work in a guest
  bool shares_anything() const { return !rootfs.empty() || !volumes.empty(); }
};

// Looks at the host's files and changes nothing. Warns once about mounts that the guest cannot have.
Result<Plan> plan(const std::string& container, const std::string& bundle, const grpc::Spec& spec,
                  std::vector<Mount> rootfs_mounts);

// What attach() made.
struct Attached {
  std::vector<uint64_t> host_mounts;
  std::vector<Share> shares;
};
Result<Attached> attach(const Plan& plan, SharedDirectory* shared, journal::Journal& journal);

// Rewrites root.path and the mounts of `spec` to what the guest sees.
void describe(const Plan& plan, grpc::Spec& spec);

void detach(const Attached& attached, SharedDirectory* shared, journal::Journal& journal);

}  // namespace kata::storage
