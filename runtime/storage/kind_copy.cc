// A directory or file of the host that is copied into the guest's memory, because nothing is shared with the guest.
#include "runtime/storage/describe.h"
#include "runtime/storage/guest_copies.h"
#include "runtime/storage/host_volume.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/kubernetes.h"

namespace kata::storage {

namespace {

class CopiedVolume : public Resource {
 public:
  CopiedVolume(const PlannedMount& mount, const std::string& container, const std::string& name)
      : mount_(mount.mount()),
        source_(mount.source()),
        directory_(copies_directory(container)),
        place_(copy_path(container, name)) {}
  Result<> plug_in(const MachineSide& machine) override {
    return machine.copies.add(source_, place_, is_updated(source_));
  }
  // What is written to the source would not reach the copy.
  Result<HostPart> host_part(const HostSide& host) const override {
    return part_of_host(host, source_, true, HostPart::ReadOnly::kAll);
  }
  void describe(grpc::CreateContainerRequest& request) override {
    add_bind_mount(request, std::move(mount_), place_);
    // The agent's own directory of a container's copies, so that they go when the container does.
    add_storage_once(request, local_directory(directory_));
  }

 private:
  grpc::Mount mount_;
  std::string source_;     // on the host
  std::string directory_;  // in the guest, of all copies
  std::string place_;      // in it
};

}  // namespace

Planned plan_copy(Planning& planning, PlannedMount& mount) {
  if (planning.settings.shared_fs != SharedFs::kNone) return nullptr;
  TRY(mount.file());
  return std::make_unique<CopiedVolume>(mount, planning.container, name_host_volume(planning, mount.source()));
}

}  // namespace kata::storage
