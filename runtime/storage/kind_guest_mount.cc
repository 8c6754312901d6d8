// Mounts that the guest makes by itself: its kernel's file systems and its device nodes. And those that it cannot have.
#include <algorithm>

#include "lib/base/concat.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/kinds.h"

namespace kata::storage {

namespace {

class GuestMount : public Resource {
 public:
  GuestMount(grpc::Mount mount, sys::PathKind place) : mount_(std::move(mount)), place_(place) {}
  Result<HostPart> host_part(const HostSide& /*host*/) const override { return HostPart{.place = place_}; }
  void describe(grpc::CreateContainerRequest& request) override { add_mount(request, std::move(mount_)); }

 private:
  grpc::Mount mount_;
  sys::PathKind place_;
};

// What is a file on the host is one in the guest.
sys::PathKind place_of(PlannedMount& mount) {
  auto file = mount.is_bind() ? mount.file() : Result<struct stat>(Error::make(Code::kNotFound, "no bind mount"));
  return file && !S_ISDIR(file->st_mode) ? sys::PathKind::kFile : sys::PathKind::kDirectory;
}

class LeftOut : public Resource {
 public:
  Result<HostPart> host_part(const HostSide& /*host*/) const override {
    return HostPart{.kind = HostPart::Kind::kNothing};
  }
  void describe(grpc::CreateContainerRequest& /*request*/) override {}
};

// File systems that are all kernel and have nothing of the host in them. Of any other the guest would take its own
// device or directories of the same name.
bool is_kernels_own(const std::string& type) {
  constexpr std::string_view kTypes[] = {"proc",       "sysfs",   "tmpfs",       "ramfs",     "devtmpfs",
                                         "devpts",     "mqueue",  "cgroup",      "cgroup2",   "hugetlbfs",
                                         "bpf",        "debugfs", "tracefs",     "pstore",    "configfs",
                                         "securityfs", "fusectl", "binfmt_misc", "selinuxfs", "efivarfs"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

}  // namespace

Planned plan_guest_mount(Planning& /*planning*/, PlannedMount& mount) {
  const auto& wanted = mount.mount();
  // A bind mount of a kernel's file system means the guest's kernel.
  bool is_kernels = is_below(wanted.source(), "/proc") || is_below(wanted.source(), "/sys");
  if (mount.is_bind() ? is_kernels : is_kernels_own(wanted.type())) {
    return std::make_unique<GuestMount>(wanted, place_of(mount));
  }
  if (mount.is_bind()) return nullptr;
  return Error::make(Code::kUnimplemented,
                     concat("the mount on ", wanted.destination(), " is of the type \"", wanted.type(),
                            "\": what its source \"", wanted.source(),
                            "\" and its options name is the host's, and the guest has no such thing"))
      .hint("mount it on the host and give the container a bind mount of that");
}

Planned plan_device_mount(Planning& planning, PlannedMount& mount) {
  auto info = TRY(mount.file());
  const auto& source = mount.source();
  bool is_node = S_ISCHR(info.st_mode);
  bool is_in_dev = is_below(source, "/dev") && !is_below(source, "/dev/shm");
  if (!is_node && (!is_in_dev || S_ISREG(info.st_mode))) return nullptr;
  // The guest's own, under the same name. Whether it has one only the agent knows, who leaves the mount out if not.
  if (is_in_dev && (is_node || S_ISDIR(info.st_mode))) {
    return std::make_unique<GuestMount>(mount.mount(), place_of(mount));
  }
  planning.left_out.push_back(mount.mount().source());
  return std::make_unique<LeftOut>();
}

}  // namespace kata::storage
