// A resource that is a disk of the guest; what the guest does with it is the kind's business.
#pragma once

#include <optional>
#include <string>

#include "runtime/storage/disks.h"
#include "runtime/storage/resource.h"

namespace kata::storage {

class DiskResource : public Resource {
 public:
  void add_needs(Needs& needs) const override { needs.disks = true; }
  Result<> plug_in(const MachineSide& machine) override;
  bool is_attached() const override { return disk_.has_value(); }
  void detach(const HostSide& host, Disks* disks) override;

 protected:
  explicit DiskResource(DiskSource source) : source_(std::move(source)) {}
  bool is_read_only() const { return source_.read_only; }
  // After plug_in().
  const PluggedDisk& disk() const { return *disk_; }
  // A storage of the agent's that mounts the disk.
  grpc::Storage file_system(const std::string& type, const std::string& mount_point) const;

 private:
  DiskSource source_;
  std::optional<PluggedDisk> disk_;
};

// Whether the host's block device is set read-only (`blockdev --setro`). Anything else is not.
bool is_set_read_only(const std::string& node);

}  // namespace kata::storage
