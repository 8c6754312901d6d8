// What a container's plan is made from: the specification, what the engine asked for beside it, and the host's files.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/oci/id_map.h"
#include "lib/proto/oci.pb.h"
#include "runtime/storage/resource.h"
#include "runtime/storage/shared_fs.h"

namespace kata::storage {

// A mount that an engine asks for before the container is made (containerd's rootfs mounts).
struct Mount {
  std::string type, source, target;
  std::vector<std::string> options;
};

struct PlanSettings {
  SharedFs shared_fs = SharedFs::k9p;
  bool block_rootfs = true;          // a root file system on a block device becomes a disk
  bool empty_dirs_in_guest = false;  // those that are on the host's disks
};

struct Planning {
  const std::string& container;  // its id
  const std::string& bundle;
  const grpc::Spec& spec;
  const std::vector<Mount>& rootfs_mounts;
  const PlanSettings& settings;
  // What the kinds leave here while they plan.
  unsigned host_volumes = 0;          // directories and files of the host so far, for names
  std::vector<std::string> left_out;  // what the guest cannot have, for one warning
};

// A mount of the specification, and what it is a mount of.
class PlannedMount {
 public:
  PlannedMount(const grpc::Mount& mount, const std::string& bundle, std::optional<oci::IdMap> id_map = {});

  const grpc::Mount& mount() const { return mount_; }  // without what says that it is id-mapped
  // How its ids are mapped, if they are. A kind that does not ask cannot do it, and the mount is refused.
  const std::optional<oci::IdMap>& id_map() {
    id_map_asked_ = true;
    return id_map_;
  }
  bool leaves_id_map() const { return id_map_ && !id_map_asked_; }
  const std::string& source() const { return source_; }  // absolute for a bind mount
  bool has_option(std::string_view option) const;
  bool is_bind() const;
  // The source on the host, looked at when the first kind asks. The error names the mount.
  Result<struct stat> file();

 private:
  grpc::Mount mount_;
  std::string source_;
  std::optional<oci::IdMap> id_map_;
  bool id_map_asked_ = false;
  std::optional<Result<struct stat>> file_;
};

// Null: it is none of this kind. An error: it is, and cannot be had.
using Planned = Result<std::unique_ptr<Resource>>;

// Whether `path` is `top` or below it.
bool is_below(std::string_view path, std::string_view top);
bool has_option(const std::vector<std::string>& options, std::string_view option);

}  // namespace kata::storage
