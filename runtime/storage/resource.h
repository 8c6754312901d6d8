// One thing that a container needs of the host's file system: its root file system, a mount, a device.
//
// Every kind of them has the same life, and carries by itself what each step needs to know from the one before:
//   plan       looks at the host and changes nothing (planning.h; the list of kinds is in kinds.cc)
//   attach     makes it on the host, while the guest boots: mounts, shares; each is in the journal before it is made
//   plug_in    brings it into the machine, as soon as the agent answers: disks, copies
//   describe   tells the agent: a mount of the container and where the guest finds its source, storages, devices
//   seal       takes away what only the creation in the guest needed
//   detach     takes it out of the machine and off the host again, whatever was made of it
// The container's resources (container_storage.h) are taken forwards, and detached backwards.
//
// A new kind is a file kind_<what>.cc here and a line in kinds.cc.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/agent.pb.h"
#include "lib/sys/mount_namespace.h"
#include "runtime/journal/journal.h"
#include "runtime/storage/host_view.h"
#include "runtime/storage/shared_directory.h"

namespace kata::storage {

class Disks;
class GuestCopies;
class SharedSources;

// What the pod has on the host. The references outlive every resource.
struct HostSide {
  journal::Journal& journal;
  SharedDirectory* shared = nullptr;            // null: the pod has none
  SharedSources* sources = nullptr;             // what is shared there once for all containers; null as well
  const sys::MountNamespace* engine = nullptr;  // the engine's mounts, where they are not ours
};

// What the machine takes.
struct MachineSide {
  Disks& disks;         // the pod's
  GuestCopies& copies;  // the container's
};

// What has to be there before a resource can be attached, known from its plan.
struct Needs {
  bool shared_directory = false;
  bool disks = false;                      // the machine must take them while it runs
  std::vector<grpc::LinuxDevice> devices;  // devices that the guest will have: the container's path, the host's numbers
  std::vector<grpc::Storage> pod_storages;  // what the agent makes with the pod, when its first container has them
};

// One thread at a time. The destructor detaches nothing: at the pod's end the journal does.
class Resource {
 public:
  virtual ~Resource() = default;

  virtual void add_needs(Needs& /*needs*/) const {}

  // What fails half way is left for detach().
  virtual Result<> attach(const HostSide& /*host*/) { return {}; }
  // What the host can see of it, once it is attached: nothing, unless it is the host's.
  virtual Result<HostPart> host_part(const HostSide& /*host*/) const { return HostPart{}; }
  virtual Result<> plug_in(const MachineSide& /*machine*/) { return {}; }

  // Adds to the request. Once: what only the agent needs to know is handed over.
  virtual void describe(grpc::CreateContainerRequest& request) = 0;

  // The agent has created the container.
  virtual Result<> seal(const HostSide& /*host*/) { return {}; }

  // Whether there is something to detach.
  virtual bool is_attached() const { return false; }
  // `disks` is null when the machine is gone, and they with it. Idempotent. Errors are logged: there is nothing better
  // that the caller could do.
  virtual void detach(const HostSide& /*host*/, Disks* /*disks*/) {}
};

}  // namespace kata::storage
