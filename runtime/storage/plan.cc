#include <algorithm>
#include <filesystem>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/mounts.h"
#include "lib/sys/file.h"
#include "runtime/storage/container_storage.h"
#include "runtime/storage/guest_volumes.h"
#include "runtime/storage/kubernetes.h"
#include "runtime/storage/plan_disks.h"

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

// Kernel file systems mean the guest's kernel.
bool belongs_to_guest(const grpc::Mount& mount) {
  return below(mount.source(), "/proc") || below(mount.source(), "/sys");
}

// Directories of device nodes that a guest has as well.
bool is_guest_device_directory(const std::string& path) {
  constexpr std::string_view kDirectories[] = {"/dev", "/dev/pts", "/dev/mqueue", "/dev/net"};
  return std::find(std::begin(kDirectories), std::end(kDirectories), path) != std::end(kDirectories);
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

Result<> plan_rootfs(Plan& plan, const grpc::Spec& spec, const PlanSettings& settings) {
  auto embedded = spec.annotations().find(kEmbeddedRootfs);
  if (embedded != spec.annotations().end()) {
    plan.guest_rootfs = TRY(embedded_rootfs(embedded->second));
    return {};
  }
  if (settings.block_rootfs && is_block_rootfs(plan.rootfs_mounts)) {
    // Not in the shared directory, where the guest can make no mount point.
    plan.guest_rootfs = concat("/run/kata-containers/", plan.container, "/rootfs");
    plan.disks.push_back(rootfs_disk(plan.rootfs_mounts[0]));
    plan.rootfs_mounts.clear();
    return {};
  }
  if (settings.shared_fs == SharedFs::kNone) {
    return Error::make(Code::kFailedPrecondition,
                       "shared_fs = \"none\", and the container's root file system is a directory of the host")
        .hint(concat("shared_fs = \"auto\", a snapshotter of block devices (blockfile, devmapper), or the annotation ",
                     kEmbeddedRootfs));
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

// The agent looks again, after symbolic links are resolved.
Result<> check_destination(const grpc::Mount& mount) {
  if (mount.type() == "proc") return {};
  auto place = std::filesystem::path(mount.destination()).lexically_normal().string();
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  return oci::check_place_in_proc(place);
}

Result<> plan_device_node(Plan& plan, const grpc::Spec& spec, int index, const std::string& source, bool block) {
  const auto& mount = spec.mounts(index);
  if (!block) {
    if (!is_guest_device(source)) plan.dropped.push_back(index);
    return {};
  }
  plan.disks.push_back(node_disk(source, mount.destination(), has_option(mount, "ro"), spec));
  plan.replaced.push_back(index);
  return {};
}

// A directory or file of the host.
void plan_share(Plan& plan, const grpc::Mount& mount, int index, const std::string& source) {
  auto name = concat(plan.container, "-", plan.volumes.size(), "-", base_name(source));
  auto kubernetes = find_volume(source);
  bool updated = kubernetes && kubernetes->plugin == KubernetesVolume::Plugin::kUpdated && kubernetes->rest.empty();
  plan.volumes.push_back({index, source, std::move(name), has_option(mount, "ro"), updated});
}

Result<> plan_mount(Plan& plan, const grpc::Spec& spec, int index, const PlanSettings& settings) {
  const auto& mount = spec.mounts(index);
  TRY(check_destination(mount));
  if (!is_bind(mount) || belongs_to_guest(mount)) return {};
  auto source =
      mount.source().empty() || mount.source()[0] == '/' ? mount.source() : concat(plan.bundle, "/", mount.source());
  auto info = sys::stat(source);
  if (!info) return info.error().wrap(concat("the source of the mount on ", mount.destination()));
  bool guest_disks = settings.empty_dirs_in_guest || settings.shared_fs == SharedFs::kNone;
  if (auto volume = TRY(empty_dir(source, spec, guest_disks))) {
    volume->index = index;
    plan.guest_volumes.push_back(std::move(*volume));
  } else if (mount.destination() == "/dev/shm") {
    plan.guest_volumes.push_back({index, kGuestShm, {shm_storage(mount)}});
  } else if (S_ISCHR(info->st_mode) || S_ISBLK(info->st_mode)) {
    return plan_device_node(plan, spec, index, source, S_ISBLK(info->st_mode));
  } else if (below(source, "/dev") && !below(source, "/dev/shm")) {
    if (!is_guest_device_directory(source)) plan.dropped.push_back(index);
  } else {
    plan_share(plan, mount, index, source);
  }
  return {};
}

void warn_about_dropped(const Plan& plan, const grpc::Spec& spec) {
  if (plan.dropped.empty()) return;
  std::string list;
  for (int index : plan.dropped) list += " " + spec.mounts(index).source();
  log::warning("storage", "host devices cannot be mounted into a virtual machine; left out", {{"sources", list}});
}

void warn_about_propagation(const grpc::Spec& spec) {
  std::string list;
  for (const auto& mount : spec.mounts()) {
    if (is_bind(mount) && (has_option(mount, "rshared") || has_option(mount, "shared"))) list += " " + mount.source();
  }
  if (list.empty()) return;
  log::warning("storage", "what the container mounts below these stays in its virtual machine", {{"sources", list}});
}

}  // namespace

Result<Plan> plan(const std::string& container, const std::string& bundle, const grpc::Spec& spec,
                  std::vector<Mount> rootfs_mounts, const PlanSettings& settings) {
  Plan plan{.container = container,
            .bundle = bundle,
            .shared_fs = settings.shared_fs,
            .rootfs_mounts = std::move(rootfs_mounts)};
  TRY(plan_rootfs(plan, spec, settings));
  for (int i = 0; i < spec.mounts_size(); ++i) TRY(plan_mount(plan, spec, i, settings));
  plan_device_disks(plan, spec);
  warn_about_dropped(plan, spec);
  warn_about_propagation(spec);
  return plan;
}

}  // namespace kata::storage
