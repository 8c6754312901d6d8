#include "runtime/storage/guest_volumes.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <cerrno>
#include <charconv>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/storage/kubernetes.h"

namespace kata::storage {

namespace {

constexpr uint64_t kDockersShm = 64U << 20U;

struct Space {
  uint64_t type = 0;  // linux/magic.h
  uint64_t block = 0;
  uint64_t bytes = 0;
};

Result<Space> space_of(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) < 0) return Error::sys(errno, "statfs", path);
  auto block = static_cast<uint64_t>(info.f_bsize);
  return Space{static_cast<uint64_t>(info.f_type), block, block * info.f_blocks};
}

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
  grpc::Storage storage;
  storage.set_driver("local");
  storage.set_source("local");
  storage.set_fstype("local");
  storage.set_mount_point(path);
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
        .hint("setting resources.limits.hugepages-…");
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

}  // namespace

grpc::Storage shm_storage(const grpc::Mount& mount) {
  auto bytes = kDockersShm;
  auto space = space_of(mount.source());
  if (space && space->bytes > 0) bytes = space->bytes;
  grpc::Storage storage;
  storage.set_driver("ephemeral");
  storage.set_source("shm");
  storage.set_fstype("tmpfs");
  storage.set_mount_point(kGuestShm);
  for (const auto* option : {"nosuid", "noexec", "nodev", "mode=1777"}) storage.add_options(option);
  storage.add_options(concat("size=", bytes));
  return storage;
}

Result<std::optional<GuestVolume>> empty_dir(const std::string& source, const grpc::Spec& spec, bool disks_too) {
  auto volume = find_empty_dir(source);
  if (!volume) return std::optional<GuestVolume>{};
  auto info = TRY(sys::stat(volume->path));
  auto space = TRY(space_of(volume->path));
  // Where the kubelet's own directory is on tmpfs, that is the host's disk.
  if (TRY(sys::stat(volume->path + "/..")).st_dev == info.st_dev) space.type = 0;
  auto place = ephemeral_path(*volume);
  GuestVolume out;
  if (space.type == TMPFS_MAGIC) {
    out.storages.push_back(tmpfs(place, space.bytes, info));
  } else if (space.type == HUGETLBFS_MAGIC) {
    out.storages.push_back(TRY(huge_pages(*volume, space, info, spec)));
  } else if (disks_too) {
    out.storages.push_back(directory(place, info));
  } else {
    return std::optional<GuestVolume>{};
  }
  out.source = place;
  if (!volume->rest.empty()) {
    out.source = concat(place, "/", volume->rest);
    out.storages.push_back(directory(out.source, TRY(sys::stat(source))));
  }
  return std::optional<GuestVolume>(std::move(out));
}

}  // namespace kata::storage
