// A directory or file of the host that the guest sees through the shared directory.
#include "lib/base/concat.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/host_volume.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

class SharedVolume : public Resource {
 public:
  SharedVolume(const PlannedMount& mount, std::string name)
      : mount_(mount.mount()), source_(mount.source()), name_(std::move(name)), read_only_(mount.has_option("ro")) {}
  void add_needs(Needs& needs) const override { needs.shared_directory = true; }
  Result<> attach(const HostSide& host) override {
    if (host.shared == nullptr) return no_shared_directory();
    share_ = TRY(host.shared->add(source_, name_, read_only_));
    return {};
  }
  void describe(grpc::CreateContainerRequest& request) override {
    add_bind_mount(request, std::move(mount_), concat(kGuestShared, "/", name_));
  }
  bool is_attached() const override { return !share_.empty(); }
  void detach(const HostSide& host, Disks* /*disks*/) override {
    if (!share_.empty()) host.shared->remove(share_);
    share_.clear();
  }

 private:
  grpc::Mount mount_;
  std::string source_;  // on the host
  std::string name_;    // in the shared directory
  bool read_only_;      // on the host already
  Share share_;
};

}  // namespace

Planned plan_share(Planning& planning, PlannedMount& mount) {
  TRY(mount.file());
  return std::make_unique<SharedVolume>(mount, name_host_volume(planning, mount.source()));
}

}  // namespace kata::storage
