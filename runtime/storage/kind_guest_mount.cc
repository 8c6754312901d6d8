// Mounts that the guest makes by itself: its kernel's file systems and its device nodes. And those that it cannot have.
#include <algorithm>

#include "runtime/storage/describe.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

class GuestMount : public Resource {
 public:
  explicit GuestMount(grpc::Mount mount) : mount_(std::move(mount)) {}
  void describe(grpc::CreateContainerRequest& request) override { add_mount(request, std::move(mount_)); }

 private:
  grpc::Mount mount_;
};

class LeftOut : public Resource {
 public:
  void describe(grpc::CreateContainerRequest& /*request*/) override {}
};

// Directories of device nodes that a guest has as well.
bool is_guest_directory(const std::string& path) {
  constexpr std::string_view kDirectories[] = {"/dev", "/dev/pts", "/dev/mqueue", "/dev/net"};
  return std::find(std::begin(kDirectories), std::end(kDirectories), path) != std::end(kDirectories);
}

// Nodes that every Linux guest has under the same name.
bool is_guest_node(const std::string& path) {
  constexpr std::string_view kNodes[] = {"/dev/null",    "/dev/zero", "/dev/full",    "/dev/random",
                                         "/dev/urandom", "/dev/tty",  "/dev/net/tun", "/dev/fuse"};
  return std::find(std::begin(kNodes), std::end(kNodes), path) != std::end(kNodes);
}

}  // namespace

Planned plan_guest_mount(Planning& /*planning*/, PlannedMount& mount) {
  // A bind mount of a kernel's file system means the guest's kernel.
  bool is_kernels = is_below(mount.mount().source(), "/proc") || is_below(mount.mount().source(), "/sys");
  if (mount.is_bind() && !is_kernels) return nullptr;
  return std::make_unique<GuestMount>(mount.mount());
}

Planned plan_device_mount(Planning& planning, PlannedMount& mount) {
  auto info = TRY(mount.file());
  const auto& source = mount.source();
  bool is_node = S_ISCHR(info.st_mode);
  bool is_in_dev = is_below(source, "/dev") && !is_below(source, "/dev/shm");
  if (!is_node && !is_in_dev) return nullptr;
  if (is_node ? is_guest_node(source) : is_guest_directory(source)) return std::make_unique<GuestMount>(mount.mount());
  planning.left_out.push_back(mount.mount().source());
  return std::make_unique<LeftOut>();
}

}  // namespace kata::storage
