#include "agent/storage/volume.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr long kXfsMagic = 0x58465342;
// Debian's headers do not have these two. The argument of the first is the number of blocks; the second's follows.
constexpr unsigned long kExt4Resize = _IOW('f', 16, uint64_t);
struct XfsGrow {
  uint64_t blocks;
  uint32_t inode_percent;  // may be left as it is only by saying what it is: 0 asks for no limit
};
constexpr unsigned long kXfsGrow = _IOW('X', 110, XfsGrow);
// What the second needs to keep, from the file system's own description.
struct XfsGeometry {
  uint32_t block_size, realtime_extent, group_blocks, group_count, log_blocks, sector_size, inode_size, inode_percent;
  uint64_t data_blocks, realtime_blocks, realtime_extents, log_start;
  unsigned char uuid[16];
  uint32_t stripe_unit, stripe_width;
  int32_t version;
  uint32_t flags, log_sector_size, realtime_sector_size, directory_block_size;
};
constexpr unsigned long kXfsGeometry = _IOR('X', 100, XfsGeometry);

struct Mounted {
  UniqueFd directory;
  struct statfs what {};
  uint64_t block() const { return static_cast<uint64_t>(what.f_frsize != 0 ? what.f_frsize : what.f_bsize); }
};

Result<Mounted> look_at(const std::string& path) {
  Mounted out;
  out.directory = TRY_WRAP(sys::open(path, O_RDONLY | O_DIRECTORY), "volume");
  if (::fstatfs(out.directory.get(), &out.what) != 0) return Error::sys(errno, "look at the volume", path);
  return out;
}

void add_usage(grpc::VolumeStatsResponse& out, grpc::VolumeUsage::Unit unit, uint64_t total, uint64_t free,
               uint64_t available) {
  auto& usage = *out.add_usage();
  usage.set_unit(unit);
  usage.set_total(total);
  usage.set_used(total - free);
  usage.set_available(available);
}

Result<> grow_ext4(int fd, uint64_t blocks, const std::string& path) {
  return ::ioctl(fd, kExt4Resize, &blocks) == 0 ? Result<>{}
                                                : Error::sys(errno, "resize the ext4 file system at", path);
}

Result<> grow_xfs(int fd, uint64_t blocks, const std::string& path) {
  XfsGeometry now{};
  if (::ioctl(fd, kXfsGeometry, &now) != 0) return Error::sys(errno, "look at the xfs file system at", path);
  if (now.data_blocks >= blocks) return {};
  XfsGrow grow{blocks, now.inode_percent};
  return ::ioctl(fd, kXfsGrow, &grow) == 0 ? Result<>{} : Error::sys(errno, "resize the xfs file system at", path);
}

Result<> grow_btrfs(int fd, uint64_t bytes, const std::string& path) {
  btrfs_ioctl_vol_args arguments{};
  (void)std::snprintf(arguments.name, sizeof arguments.name, "%llu", static_cast<unsigned long long>(bytes));
  return ::ioctl(fd, BTRFS_IOC_RESIZE, &arguments) == 0 ? Result<>{}
                                                        : Error::sys(errno, "resize the btrfs file system at", path);
}

}  // namespace

Result<grpc::VolumeStatsResponse> volume_stats(const std::string& path) {
  auto volume = TRY(look_at(path));
  grpc::VolumeStatsResponse out;
  const auto& what = volume.what;
  add_usage(out, grpc::VolumeUsage::BYTES, what.f_blocks * volume.block(), what.f_bfree * volume.block(),
            what.f_bavail * volume.block());
  add_usage(out, grpc::VolumeUsage::INODES, what.f_files, what.f_ffree, what.f_ffree);
  out.mutable_volume_condition()->set_abnormal(false);
  out.mutable_volume_condition()->set_message("OK");
  return out;
}

Result<> resize_volume(const std::string& path, uint64_t bytes) {
  auto volume = TRY(look_at(path));
  int fd = volume.directory.get();
  auto blocks = bytes / volume.block();
  // Of what it counts itself, the file system's own tables are missing: less than a hundredth.
  if (bytes < volume.what.f_blocks * volume.block()) {
    return Error::make(Code::kInvalidArgument, concat("the volume at ", path, " is larger than ", bytes,
                                                      " bytes already, and cannot shrink while it is mounted"));
  }
  switch (static_cast<long>(volume.what.f_type)) {
    case EXT4_SUPER_MAGIC:
      return grow_ext4(fd, blocks, path);
    case kXfsMagic:
      return grow_xfs(fd, blocks, path);
    case BTRFS_SUPER_MAGIC:
      return grow_btrfs(fd, bytes, path);
    default:
      return Error::make(Code::kUnimplemented, concat("the file system at ", path, " cannot grow while it is mounted"))
          .hint("use ext4, xfs or btrfs for a volume that shall grow");
  }
}

}  // namespace kata::agent
