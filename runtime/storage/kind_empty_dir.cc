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

void add_ownership(grpc::Storage& storage, const struct stat& from) {
  storage.add_options(concat("mode=", octal(from.st_mode)));
  if (from.st_gid != 0) storage.add_options(concat("fsgid=", from.st_gid));
}

grpc::Storage tmpfs(const std::string& mount_point, uint64_t bytes, const struct stat& from) {
  grpc::Storage storage;
  storage.set_driver("ephemeral");
  storage.set_source("tmpfs");
  storage.set_fstype("tmpfs");
  storage.set_mount_point(mount_point);
  if (bytes > 0) storage.add_options(concat("size=", bytes));
  add_ownership(storage, from);
  return storage;
}

grpc::Storage directory(const std::string& path, const struct stat& from) {
  auto storage = local_directory(path);
  add_ownership(storage, from);
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

Result<grpc::Storage> huge_pages(const KubernetesVolume& volume, const Space& space, const struct stat& from,
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
  auto storage = tmpfs(ephemeral_path(volume), limit, from);
  storage.set_source("nodev");
  storage.set_fstype("hugetlbfs");
  storage.add_options(concat("pagesize=", space.block));
  return storage;
}

// Where a subPath's mount comes from: its file system's root is the volume's.
std::string part_of(const std::string& source) {
  auto mountinfo = sys::read_file("/proc/self/mountinfo");
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
Result<std::optional<grpc::Storage>> storage_of(const KubernetesVolume& volume, const Planning& planning) {
  auto info = TRY(sys::stat(volume.path));
  auto space = TRY(space_of(volume.path));
  // Where the kubelet's own directory is on tmpfs, that is the host's disk.
  if (TRY(sys::stat(volume.path + "/..")).st_dev == info.st_dev) space.type = 0;
  const auto& settings = planning.settings;
  using Out = std::optional<grpc::Storage>;
  if (space.type == TMPFS_MAGIC) return Out(tmpfs(ephemeral_path(volume), space.bytes, info));
  if (space.type == HUGETLBFS_MAGIC) return Out(TRY(huge_pages(volume, space, info, planning.spec)));
  bool disks_too = settings.empty_dirs_in_guest || settings.shared_fs == SharedFs::kNone;
  return disks_too ? Out(directory(ephemeral_path(volume), info)) : Out();
}

}  // namespace

Planned plan_empty_dir(Planning& planning, PlannedMount& mount) {
  TRY(mount.file());
  auto volume = find_empty_dir(mount.source());
  if (!volume) return nullptr;
  auto storage = TRY(storage_of(*volume, planning));
  if (!storage) return nullptr;
  std::vector<grpc::Storage> storages{std::move(*storage)};
  if (!volume->rest.empty()) {
    auto part = concat(ephemeral_path(*volume), "/", volume->rest);
    storages.push_back(directory(part, TRY(mount.file())));
  }
  return std::make_unique<EmptyDir>(mount.mount(), std::move(storages));
}

}  // namespace kata::storage
