#include "runtime/storage/host_volume.h"

#include "lib/base/concat.h"
#include "lib/sys/mount.h"
#include "runtime/storage/mapped_tree.h"

namespace kata::storage {

std::string base_name(const std::string& path) {
  auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return "root";
  auto slash = path.rfind('/', end);
  // A file name of 255 bytes, a container id and a number would not fit into one.
  return path.substr(slash + 1, end - slash).substr(0, 64);
}

std::string name_host_volume(Planning& planning, const std::string& source) {
  return concat(planning.container, "-", planning.host_volumes++, "-", base_name(source));
}

Result<HostPart> part_of_host(const HostSide& host, const std::string& source, bool recursive,
                              HostPart::ReadOnly read_only, const std::optional<oci::IdMap>& id_map) {
  HostPart out{.kind = HostPart::Kind::kHosts, .read_only = read_only};
  TRY(sys::run_in(host.engine, [&]() -> Result<> {
    out.tree = TRY(sys::clone_tree(source, recursive));
    return {};
  }));
  if (id_map) TRY(map_tree(out.tree.get(), *id_map, source));
  return out;
}

}  // namespace kata::storage
