// What a container needs of the host's file system: plan → attach on the host → describe to the guest → detach.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"
#include "runtime/journal/journal.h"
#include "runtime/storage/shared_directory.h"
#include "runtime/storage/shared_fs.h"

namespace kata::storage {

// The annotation that picks a root file system which the guest image carries.
inline constexpr char kEmbeddedRootfs[] = "io.katacontainers.rootfs.embedded";

// Of the pod in the guest, upstream's places: what its containers share and no file of the host is behind.
inline constexpr char kGuestShm[] = "/run/kata-containers/sandbox/shm";
inline constexpr char kGuestEphemeral[] = "/run/kata-containers/sandbox/ephemeral";

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
  bool updated = false;  // Kubernetes replaces its content while the container runs (a ConfigMap)
};

// A mount of the specification whose source is the guest's own.
struct GuestVolume {
  int index = 0;                        // in spec.mounts
  std::string source;                   // in the guest
  std::vector<grpc::Storage> storages;  // what the agent makes first, in this order
};

// A block device or an image file of the host that becomes a disk of the guest.
struct DiskVolume {
  std::string source;
  bool read_only = false;
  std::string fstype;                // of a root file system; empty: a device node in the container
  std::vector<std::string> options;  // for mounting it
  grpc::LinuxDevice node;            // of a device node; path is where the container wants it
  bool is_rootfs() const { return !fstype.empty(); }
};

struct Plan {
  std::string container;
  std::string bundle;
  SharedFs shared_fs = SharedFs::k9p;
  std::vector<Mount> rootfs_mounts;  // made on <bundle>/rootfs first
  std::string rootfs;                // on the host; empty: in the guest, or a disk
  std::string guest_rootfs;          // where the guest finds it
  std::vector<Volume> volumes;
  std::vector<GuestVolume> guest_volumes;
  std::vector<DiskVolume> disks;
  std::vector<int> dropped;   // indices in spec.mounts that cannot work in a guest
  std::vector<int> replaced;  // indices in spec.mounts that became disks
  // Of the shared directory.
  bool shares_anything() const { return !rootfs.empty() || !volumes.empty(); }
};

struct PlanSettings {
  SharedFs shared_fs = SharedFs::k9p;
  bool block_rootfs = true;          // a root file system on a block device becomes a disk
  bool empty_dirs_in_guest = false;  // those that are on the host's disks
};

// Looks at the host's files and changes nothing. Warns once about mounts that the guest cannot have.
Result<Plan> plan(const std::string& container, const std::string& bundle, const grpc::Spec& spec,
                  std::vector<Mount> rootfs_mounts, const PlanSettings& settings = {});

// What attach() made.
struct Attached {
  std::vector<uint64_t> host_mounts;
  std::vector<Share> shares;
};
Result<Attached> attach(const Plan& plan, SharedDirectory* shared, journal::Journal& journal);

// Rewrites root.path and the mounts of the request's specification to what the guest sees, and adds the storages and
// devices that the agent makes before. `disk_addresses`: one for each of plan.disks, and the agent's driver for them.
struct DiskAddress {
  std::string driver;  // "blk", "scsi"
  std::string address;
};
void describe(const Plan& plan, const std::vector<DiskAddress>& disk_addresses, grpc::CreateContainerRequest& request);
// The container's paths of devices that are disks: what stays of linux.devices.
std::vector<std::string> disk_nodes(const Plan& plan);

void detach(const Attached& attached, SharedDirectory* shared, journal::Journal& journal);

// The pod's /dev/shm, when its first container has one: a storage for the whole sandbox.
std::vector<grpc::Storage> sandbox_storages(const Plan& plan);

}  // namespace kata::storage
