#include "runtime/storage/planning.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::storage {

PlannedMount::PlannedMount(const grpc::Mount& mount, const std::string& bundle, std::optional<oci::IdMap> id_map)
    : mount_(mount), source_(mount.source()), id_map_(std::move(id_map)) {
  oci::remove_id_map(mount_);
  if (is_bind() && !source_.empty() && source_[0] != '/') source_ = concat(bundle, "/", source_);
}

bool PlannedMount::has_option(std::string_view option) const {
  return std::count(mount_.options().begin(), mount_.options().end(), option) > 0;
}

bool PlannedMount::is_bind() const { return mount_.type() == "bind" || has_option("bind") || has_option("rbind"); }

Result<struct stat> PlannedMount::file() {
  if (!file_) file_ = sys::stat(source_).wrap(concat("the source of the mount on ", mount_.destination()));
  return *file_;
}

bool is_below(std::string_view path, std::string_view top) {
  return path == top || (path.starts_with(top) && path[top.size()] == '/');
}

bool has_option(const std::vector<std::string>& options, std::string_view option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

}  // namespace kata::storage
