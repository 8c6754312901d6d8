#include "runtime/storage/mapped_tree.h"

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/mount.h"
#include "lib/sys/user_namespace.h"

namespace kata::storage {

namespace {

// The last id that there is: the owner of what root makes.
constexpr uint32_t kNobodys = 0xfffffffe;

bool has_root(const oci::IdMappings& mappings) {
  return std::any_of(mappings.begin(), mappings.end(),
                     [](const auto& map) { return map.hostid() == 0 && map.size() > 0; });
}

std::string text_with_root(oci::IdMappings mappings) {
  if (!has_root(mappings)) {
    auto& root = *mappings.Add();
    root.set_containerid(kNobodys);
    root.set_hostid(0);
    root.set_size(1);
  }
  return oci::id_map_text(mappings);
}

}  // namespace

Result<> map_tree(int tree, const oci::IdMap& map, const std::string& source) {
  auto doing = concat("mapping the ids of ", source);
  auto name_space = TRY_WRAP(sys::make_user_namespace(text_with_root(map.uids), text_with_root(map.gids)), doing);
  auto mapped = sys::map_ids(tree, name_space.get(), map.recursive);
  if (mapped || !mapped.error().is_errno(EINVAL)) return std::move(mapped).wrap(doing);
  return mapped.error().wrap(doing).hint(
      "use a volume on a file system that has id-mapped mounts (ext4, xfs, btrfs; tmpfs from Linux 6.3 on), or give "
      "the files the owner that the container's user has on the host");
}

bool same_map(const std::optional<oci::IdMap>& one, const std::optional<oci::IdMap>& other) {
  if (!one || !other) return !one && !other;
  return one->recursive == other->recursive && oci::id_map_text(one->uids) == oci::id_map_text(other->uids) &&
         oci::id_map_text(one->gids) == oci::id_map_text(other->gids);
}

}  // namespace kata::storage
