// A directory or file of the host that is copied into the guest's memory, because nothing is shared with the guest.
#include <algorithm>

#include "runtime/storage/describe.h"
#include "runtime/storage/guest_copies.h"
#include "runtime/storage/host_volume.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/kubernetes.h"

namespace kata::storage {

namespace {

// Kubernetes replaces its content while the container runs (a ConfigMap).
bool is_updated(const std::string& source) {
  auto volume = find_volume(source);
  return volume && volume->plugin == KubernetesVolume::Plugin::kUpdated && volume->rest.empty();
}

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
  void describe(grpc::CreateContainerRequest& request) override {
    add_bind_mount(request, std::move(mount_), place_);
    // The agent's own directory of a container's copies, so that they go when the container does.
    const auto& all = request.storages();
    bool listed = std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.mount_point() == directory_; });
    if (!listed) *request.add_storages() = local_directory(directory_);
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
