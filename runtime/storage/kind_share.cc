// A directory or file of the host that the guest sees through the shared directory.
#include <algorithm>

#include "lib/base/concat.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/host_volume.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/kubernetes.h"
#include "runtime/storage/shared_fs.h"
#include "runtime/storage/shared_sources.h"

namespace kata::storage {

namespace {

// No file system that is shared tells the guest of the host's changes. Programs wait for those of a ConfigMap, so they
// see a copy, which the agent brings up to date.
grpc::Storage followed_copy(const std::string& shared, const std::string& name) {
  grpc::Storage copy;
  copy.set_driver("watchable-bind");
  copy.set_source(shared);
  copy.set_fstype("bind");
  copy.set_mount_point(concat(kGuestShared, "/", kFollowedPlace, "/", name));
  copy.add_options("ro");
  return copy;
}

Access access_of(const PlannedMount& mount) {
  if (mount.has_option("rro")) return Access::kRead;
  return mount.has_option("ro") ? Access::kReadTop : Access::kWrite;
}

// In the guest each share has one mount, the agent's, of which those of the containers are copies.
grpc::Storage storage_of(const std::string& share, SharedFs kind) {
  grpc::Storage storage;
  // As upstream's agent knows it, too: what says how is the file system's type.
  storage.set_driver(kind == SharedFs::kVirtioFs ? "virtio-fs" : "bind");
  storage.set_fstype("bind");
  storage.set_source(concat(kGuestShared, "/", share));
  storage.set_mount_point(concat(kGuestVolumes, "/", share));
  storage.add_options("rbind");
  return storage;
}

class SharedVolume : public Resource {
 public:
  SharedVolume(PlannedMount& mount, SharedFs kind)
      : mount_(mount.mount()),
        source_(mount.source()),
        id_map_(mount.id_map()),
        kind_(kind),
        recursive_(mount.has_option("rbind") || mount.mount().type() == "rbind"),
        access_(access_of(mount)) {}
  void add_needs(Needs& needs) const override { needs.shared_directory = true; }
  Result<> attach(const HostSide& host) override {
    if (host.sources == nullptr) return no_shared_directory();
    use_ = TRY(host.sources->take(source_, recursive_, access_, id_map_));
    return {};
  }
  Result<HostPart> host_part(const HostSide& host) const override {
    return part_of_host(host, source_, recursive_, read_only(), id_map_);
  }
  void describe(grpc::CreateContainerRequest& request) override {
    auto storage = storage_of(use_.share, kind_);
    for (const auto& place : use_.submounts) storage.add_driver_options(concat(kSubmountOption, place));
    add_storage_once(request, std::move(storage));
    if (access_ == Access::kWrite && use_.access != Access::kWrite) mount_.add_options("ro");
    auto place = join_places(concat(kGuestVolumes, "/", use_.share), use_.place);
    if (is_updated(source_)) {
      auto name = use_.share + "-" + use_.place;
      std::replace(name.begin(), name.end(), '/', '-');
      auto copy = followed_copy(place, name);
      place = copy.mount_point();
      add_storage_once(request, std::move(copy));
    }
    add_bind_mount(request, mount_, place);
    for (const auto& inner : use_.covering) {
      add_storage_once(request, storage_of(inner.share, kind_));
      auto mount = mount_;
      mount.set_destination(join_places(mount_.destination(), inner.place));
      add_bind_mount(request, std::move(mount), concat(kGuestVolumes, "/", inner.share));
    }
    if (kind_ == SharedFs::k9p && access_ == Access::kReadTop) add_writable_submounts(request);
    mount_ = {};
  }
  bool is_attached() const override { return !use_.share.empty(); }
  void detach(const HostSide& host, Disks* /*disks*/) override {
    if (host.sources != nullptr) host.sources->give_back(use_);
    use_ = {};
  }

 private:
  HostPart::ReadOnly read_only() const {
    if (access_ == Access::kRead) return HostPart::ReadOnly::kAll;
    return access_ == Access::kReadTop ? HostPart::ReadOnly::kTop : HostPart::ReadOnly::kNo;
  }

  // To a guest with 9p what is mounted below is not a mount, and "ro" would be of that, too.
  void add_writable_submounts(grpc::CreateContainerRequest& request) {
    auto top = use_.place.empty() ? std::string() : use_.place + "/";
    auto& options = *mount_.mutable_options();
    options.erase(std::remove(options.begin(), options.end(), "ro"), options.end());
    for (const auto& place : use_.submounts) {
      if (!place.starts_with(top)) continue;
      auto mount = mount_;
      mount.set_destination(join_places(mount_.destination(), place.substr(top.size())));
      add_bind_mount(request, std::move(mount), concat(kGuestVolumes, "/", use_.share, "/", place));
    }
  }

  grpc::Mount mount_;
  std::string source_;  // on the host
  std::optional<oci::IdMap> id_map_;
  SharedFs kind_;
  bool recursive_;
  Access access_;
  SharedUse use_;
};

}  // namespace

Planned plan_share(Planning& planning, PlannedMount& mount) {
  TRY(mount.file());
  return std::make_unique<SharedVolume>(mount, planning.settings.shared_fs);
}

}  // namespace kata::storage
