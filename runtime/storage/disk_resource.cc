#include "runtime/storage/disk_resource.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "lib/sys/file.h"

namespace kata::storage {

Result<> DiskResource::plug_in(const MachineSide& machine) {
  disk_ = TRY(machine.disks.plug_in(source_));
  return {};
}

void DiskResource::detach(const HostSide& /*host*/, Disks* disks) {
  if (disk_ && disks != nullptr) disks->unplug(*disk_);
  disk_.reset();
}

grpc::Storage DiskResource::file_system(const std::string& type, const std::string& mount_point) const {
  grpc::Storage storage;
  storage.set_driver(disk().driver);
  storage.set_source(disk().address);
  storage.set_fstype(type);
  storage.set_mount_point(mount_point);
  return storage;
}

bool is_set_read_only(const std::string& node) {
  auto device = sys::open(node, O_RDONLY | O_NONBLOCK);
  int read_only = 0;
  return device && ::ioctl(device->get(), BLKROGET, &read_only) == 0 && read_only != 0;
}

}  // namespace kata::storage
