// All that a container needs of the host's file system, as a list of resources (resource.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"
#include "runtime/storage/disks.h"
#include "runtime/storage/guest_copies.h"
#include "runtime/storage/planning.h"
#include "runtime/storage/resource.h"

namespace kata::storage {

// The annotation that picks a root file system which the guest image carries.
inline constexpr char kEmbeddedRootfs[] = "io.katacontainers.rootfs.embedded";

// One thread at a time: the one that creates, and later the one that removes the container. An empty one has nothing.
class ContainerStorage {
 public:
  // Looks at the host's files and changes nothing. Warns, once each, about mounts that the guest cannot have and those
  // that it has in another way. The arguments are not needed afterwards.
  static Result<ContainerStorage> plan(const std::string& container, const std::string& bundle, const grpc::Spec& spec,
                                       const std::vector<Mount>& rootfs_mounts, const PlanSettings& settings = {});

  // For the pod's machine, when it is yet to be made, and for who writes the guest's specification. Before describe().
  Needs needs() const;

  // On the host; may run while the guest boots. All or nothing.
  Result<> attach(const HostSide& host);
  // What of it the host can see (host_view.h). After attach(), before describe().
  Result<HostView> host_view(const HostSide& host) const;
  // In the machine, once the agent answers. On an error the caller detaches.
  Result<> plug_in(Disks& disks, SendFile send);

  // Replaces the request's root path and its mounts by those that the guest sees, and adds the storages and devices
  // that the agent makes before. Once, after plug_in().
  void describe(grpc::CreateContainerRequest& request);

  // Once, when the agent has created the container: what is read-only for it is so for whoever breaks out of it, too.
  // What cannot be made so is a warning.
  void seal(const HostSide& host);

  // No file is copied again from now on: the agent is about to remove the container, and the copies with it.
  void stop_following() { copies_.reset(); }

  // Backwards and idempotent. `disks` is null when the machine is gone, or does not answer. Errors are logged.
  void detach(const HostSide& host, Disks* disks);

 private:
  // Where the container sees what; until describe().
  struct Place {
    std::string destination;  // empty: the root file system
    std::string type;
    const Resource* resource = nullptr;  // null: it has nothing there
  };
  std::vector<Place> places_;
  std::vector<std::unique_ptr<Resource>> resources_;
  std::unique_ptr<GuestCopies> copies_;  // null: nothing is followed
};

}  // namespace kata::storage
