// A Kubernetes emptyDir that is the guest's: on tmpfs (medium Memory), on hugetlbfs (medium HugePages), or a directory
// of the guest instead of the host's disk. What it is on the host tells only its size, mode and group.
#include <linux/magic.h>

#include <charconv>
#include <optional>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/storage/describe.h"
#include "runtime/storage/kinds.h"
#include "runtime/storage/kubernetes.h"
#include "runtime/storage/space.h"

namespace kata::storage {

namespace {

// Of the pod in the guest, upstream's place.
constexpr char kGuestEphemeral[] = "/run/kata-containers/sandbox/ephemeral";

// The name may hold what a path cannot; it is one component already.
std::string ephemeral_path(const KubernetesVolume& volume) { return concat(kGuestEphemeral, "/", volume.name); }

std::string octal(mode_t mode) {
  std::string out;
  for (mode &= 07777; mode != 0; mode >>= 3U) out.insert(out.begin(), static_cast<char>('0' + (mode & 7U)));
  return out.empty() ? "0" : out;
}

// Of the volume on the host. Where a container's ids are mapped they are those that it sees; all containers of a pod
// have the same.
struct Owner {
  struct stat info {};
  const std::optional<oci::IdMap>& id_map;
};

void add_ownership(grpc::Storage& storage, const Owner& owner) {
  const auto& [info, id_map] = owner;
  storage.add_options(concat("mode=", octal(info.st_mode)));
  if (!id_map) {
    if (info.st_gid != 0) storage.add_options(concat("fsgid=", info.st_gid));
    return;
  }
  // tmpfs knows these itself.
  if (auto user = oci::id_outside(id_map->uids, info.st_uid)) storage.add_options(concat("uid=", *user));
  if (auto group = oci::id_outside(id_map->gids, info.st_gid)) storage.add_options(concat("gid=", *group));
}

grpc::Storage tmpfs(const std::string& mount_point, uint64_t bytes, const Owner& owner) {
  grpc::Storage storage;
  storage.set_driver("ephemeral");
  storage.set_source("tmpfs");
  storage.set_fstype("tmpfs");
  storage.set_mount_point(mount_point);
  if (bytes > 0) storage.add_options(concat("size=", bytes));
  add_ownership(storage, owner);
  return storage;
}

grpc::Storage directory(const std::string& path, const Owner& owner) {
  auto storage = local_directory(path);
  add_ownership(storage, owner);
  return storage;
}

// "2MB", "1GB": powers of two all the same.
uint64_t page_size(std::string_view text) {
  uint64_t number = 0;
  auto [unit, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || unit == text.data() + text.size()) return number;
  switch (*unit) {
    case 'K':
      return number << 10U;
    case 'M':
      return number << 20U;
    case 'G':
      return number << 30U;
    default:
      return number;
  }
}

Result<grpc::Storage> huge_pages(const KubernetesVolume& volume, const Space& space, const Owner& owner,
                                 const grpc::Spec& spec) {
  uint64_t limit = 0;
  for (const auto& one : spec.linux().resources().hugepagelimits()) {
    if (page_size(one.pagesize()) == space.block) limit += one.limit();
  }
  if (limit == 0) {
    return Error::make(Code::kInvalidArgument, concat("volume ", volume.path, " is of huge pages of ", space.block,
                                                      " bytes, but the container has no limit for these"))
        .hint("set resources.limits.hugepages-… of the container");
  }
  auto storage = tmpfs(ephemeral_path(volume), limit, owner);
  storage.set_source("nodev");
  storage.set_fstype("hugetlbfs");
  storage.add_options(concat("pagesize=", space.block));
  return storage;
}

// Where a subPath's mount comes from: its file system's root is the volume's.
std::string part_of(const std::string& source) {
  auto mountinfo = sys::read_file("/proc/thread-self/mountinfo");
  auto part = mountinfo ? mounted_part(*mountinfo, source) : std::string();
  return part.starts_with('/') && part.size() > 1 ? part.substr(1) : std::string();
}

std::optional<KubernetesVolume> find_empty_dir(const std::string& source) {
  if (auto volume = find_volume(source)) {
    if (volume->plugin != KubernetesVolume::Plugin::kEmptyDir) return {};
    return volume;
  }
  auto volume = find_subpath(source);
  if (!volume || !sys::exists(volume->path)) return {};
  volume->rest = part_of(source);
  if (volume->rest.empty()) return {};
  return volume;
}

class EmptyDir : public Resource {
 public:
  EmptyDir(grpc::Mount mount, std::vector<grpc::Storage> storages)
      : mount_(std::move(mount)), storages_(std::move(storages)) {}
  void describe(grpc::CreateContainerRequest& request) override {
    // The last one is the volume, or the part of it that is mounted.
    add_bind_mount(request, std::move(mount_), storages_.back().mount_point());
    for (auto& storage : storages_) *request.add_storages() = std::move(storage);
  }

 private:
  grpc::Mount mount_;
  std::vector<grpc::Storage> storages_;  // what the agent makes first, in this order
};

// The volume itself as the guest has it; nothing: it is the host's.
Result<std::optional<grpc::Storage>> storage_of(const KubernetesVolume& volume, const Planning& planning,
                                                const std::optional<oci::IdMap>& id_map) {
  Owner owner{TRY(sys::stat(volume.path)), id_map};
  auto space = TRY(space_of(volume.path));
  // Where the kubelet's own directory is on tmpfs, that is the host's disk.
  if (TRY(sys::stat(volume.path + "/..")).st_dev == owner.info.st_dev) space.type = 0;
  const auto& settings = planning.settings;
  using Out = std::optional<grpc::Storage>;
  if (space.type == TMPFS_MAGIC) return Out(tmpfs(ephemeral_path(volume), space.bytes, owner));
  if (space.type == HUGETLBFS_MAGIC) return Out(TRY(huge_pages(volume, space, owner, planning.spec)));
  bool disks_too = settings.empty_dirs_in_guest || settings.shared_fs == SharedFs::kNone;
  return disks_too ? Out(directory(ephemeral_path(volume), owner)) : Out();
}

}  // namespace

Planned plan_empty_dir(Planning& planning, PlannedMount& mount) {
  TRY(mount.file());
  auto volume = find_empty_dir(mount.source());
  if (!volume) return nullptr;
  auto storage = TRY(storage_of(*volume, planning, mount.id_map()));
  if (!storage) return nullptr;
  std::vector<grpc::Storage> storages{std::move(*storage)};
  if (!volume->rest.empty()) {
    if (!S_ISDIR(TRY(mount.file()).st_mode)) {
      return Error::make(Code::kUnimplemented,
                         concat("the mount on ", mount.mount().destination(), " is a file of the emptyDir ",
                                volume->path, ", which is in the guest: what the host has in it is not there"))
          .hint("mount the whole volume, or a directory of it");
    }
    auto part = concat(ephemeral_path(*volume), "/", volume->rest);
    storages.push_back(directory(part, Owner{TRY(mount.file()), mount.id_map()}));
  }
  return std::make_unique<EmptyDir>(mount.mount(), std::move(storages));
}

}  // namespace kata::storage
