#include <sys/statvfs.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "runtime/storage/container_storage.h"

namespace kata::storage {

namespace {

// In the guest: guest/ builds them into the image.
constexpr char kGuestRootfsBase[] = "/usr/share/kata-containers";

bool below(const std::string& path, const std::string& top) {
  return path == top || (path.starts_with(top) && path[top.size()] == '/');
}

bool has_option(const grpc::Mount& mount, const char* option) {
  return std::count(mount.options().begin(), mount.options().end(), option) > 0;
}

bool is_bind(const grpc::Mount& mount) {
  return mount.type() == "bind" || has_option(mount, "bind") || has_option(mount, "rbind");
}

// Kernel file systems mean the guest's kernel, device nodes the guest's devices.
bool belongs_to_guest(const grpc::Mount& mount) {
  return below(mount.source(), "/proc") || below(mount.source(), "/sys") || mount.destination() == "/dev/shm";
}

// Nodes that every Linux guest has under the same name.
bool is_guest_device(const std::string& path) {
  constexpr std::string_view kNodes[] = {"/dev/null",    "/dev/zero", "/dev/full",    "/dev/random",
                                         "/dev/urandom", "/dev/tty",  "/dev/net/tun", "/dev/fuse"};
  return std::find(std::begin(kNodes), std::end(kNodes), path) != std::end(kNodes);
}

std::string base_name(const std::string& path) {
  auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return "root";
  auto slash = path.rfind('/', end);
  // A file name of 255 bytes, a container id and a number would not fit into one.
  return path.substr(slash + 1, end - slash).substr(0, 64);
}

Result<std::string> embedded_rootfs(const std::string& name) {
  bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
  });
  if (sound) return concat(kGuestRootfsBase, "/", name);
  return Error::make(Code::kInvalidArgument, concat("annotation ", kEmbeddedRootfs, ": \"", name, "\" is no name"))
      .hint("use \"busybox\", which the guest image carries");
}

Result<> plan_rootfs(Plan& plan, const grpc::Spec& spec) {
  auto embedded = spec.annotations().find(kEmbeddedRootfs);
  if (embedded != spec.annotations().end()) {
    plan.guest_rootfs = TRY(embedded_rootfs(embedded->second));
    return {};
  }
  plan.guest_rootfs = concat(kGuestShared, "/", plan.container, "/rootfs");
  if (!plan.rootfs_mounts.empty()) {
    plan.rootfs = plan.bundle + "/rootfs";
    return {};
  }
  const auto& path = spec.root().path();
  if (path.empty()) return Error::make(Code::kInvalidArgument, "config.json: root.path is missing");
  auto whole = path[0] == '/' ? path : concat(plan.bundle, "/", path);
  auto info = sys::stat(whole);
  if (!info) return info.error().wrap("the container's root file system");
  if (S_ISDIR(info->st_mode)) {
    plan.rootfs = TRY(sys::real_path(whole));
    return {};
  }
  return Error::make(Code::kInvalidArgument, concat("root.path: ", whole, " is not a directory"));
}

Result<> plan_mount(Plan& plan, const grpc::Mount& mount, int index) {
  if (!is_bind(mount) || belongs_to_guest(mount)) return {};
  auto source =
      mount.source().empty() || mount.source()[0] == '/' ? mount.source() : concat(plan.bundle, "/", mount.source());
  auto info = sys::stat(source);
  if (!info) return info.error().wrap(concat("the source of the mount on ", mount.destination()));
  if (S_ISCHR(info->st_mode) || S_ISBLK(info->st_mode)) {
    if (!is_guest_device(source)) plan.dropped.push_back(index);
    return {};
  }
  if (source == "/dev") return {};
  auto name = concat(plan.container, "-", plan.volumes.size(), "-", base_name(source));
  plan.volumes.push_back({index, source, std::move(name), has_option(mount, "ro")});
  return {};
}

void warn_about_dropped(const Plan& plan, const grpc::Spec& spec) {
  if (plan.dropped.empty()) return;
  std::string list;
  for (int index : plan.dropped) list += " " + spec.mounts(index).source();
  log::warning("storage", "host devices cannot be mounted into a virtual machine; left out", {{"sources", list}});
}

// Shared memory between processes is the guest's; the size is the one that the engine gave the host's.
void describe_shm(grpc::Mount& mount) {
  struct statvfs space {};
  uint64_t size = 64U << 20U;  // docker's default
  if (is_bind(mount) && ::statvfs(mount.source().c_str(), &space) == 0 && space.f_blocks > 0) {
    size = static_cast<uint64_t>(space.f_blocks) * space.f_frsize;
  } else if (!is_bind(mount)) {
    return;
  }
  mount.set_type("tmpfs");
  mount.set_source("shm");
  mount.clear_options();
  for (const auto* option : {"nosuid", "noexec", "nodev", "mode=1777"}) mount.add_options(option);
  mount.add_options(concat("size=", size / 1024, "k"));
}

}  // namespace

Result<Plan> plan(const std::string& container, const std::string& bundle, const grpc::Spec& spec,
                  std::vector<Mount> rootfs_mounts) {
  Plan plan{.container = container, .bundle = bundle, .rootfs_mounts = std::move(rootfs_mounts)};
  TRY(plan_rootfs(plan, spec));
  for (int i = 0; i < spec.mounts_size(); ++i) TRY(plan_mount(plan, spec.mounts(i), i));
  warn_about_dropped(plan, spec);
  return plan;
}

void describe(const Plan& plan, grpc::Spec& spec) {
  spec.mutable_root()->set_path(plan.guest_rootfs);
  for (auto& mount : *spec.mutable_mounts()) {
    if (mount.destination() == "/dev/shm") describe_shm(mount);
  }
  for (const auto& volume : plan.volumes) {
    auto* mount = spec.mutable_mounts(volume.index);
    mount->set_type("bind");
    mount->set_source(concat(kGuestShared, "/", volume.name));
  }
  for (auto index = plan.dropped.rbegin(); index != plan.dropped.rend(); ++index) {
    spec.mutable_mounts()->DeleteSubrange(*index, 1);
  }
}

}  // namespace kata::storage
