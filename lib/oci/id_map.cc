#include "lib/oci/id_map.h"

#include <algorithm>

#include "lib/base/concat.h"

namespace kata::oci {

namespace {

bool has(const grpc::Mount& mount, std::string_view option) {
  return std::count(mount.options().begin(), mount.options().end(), option) > 0;
}

Error wrong(const grpc::Mount& mount, std::string_view why) {
  return Error::make(Code::kInvalidArgument,
                     concat("mounts: ", mount.destination(), " is to be an id-mapped mount, ", why));
}

}  // namespace

std::string id_map_text(const IdMappings& mappings) {
  std::string text;
  for (const auto& map : mappings) {
    text += concat(map.containerid(), " ", map.hostid(), " ", map.size(), "\n");
  }
  return text;
}

std::optional<uint32_t> id_outside(const IdMappings& mappings, uint32_t inside) {
  if (mappings.empty()) return inside;
  for (const auto& map : mappings) {
    if (inside >= map.containerid() && inside - map.containerid() < map.size()) {
      return map.hostid() + (inside - map.containerid());
    }
  }
  return std::nullopt;
}

Result<std::optional<IdMap>> id_map_of(const grpc::Mount& mount, const grpc::Linux& linux) {
  bool recursive = has(mount, "ridmap");
  bool own = !mount.uid_mappings().empty();
  if (!recursive && !own && !has(mount, "idmap")) return std::optional<IdMap>();
  bool bind = mount.type() == "bind" || has(mount, "bind") || has(mount, "rbind");
  if (!bind) return wrong(mount, "which only a bind mount can be").hint("remove its mappings and the option idmap");
  IdMap out{mount.uid_mappings(), mount.gid_mappings(), recursive};
  if (!own) {
    out.uids = linux.uidmappings();
    out.gids = linux.gidmappings();
  }
  if (out.uids.empty() || out.gids.empty()) {
    return wrong(mount, "but there are no mappings: neither its own nor those of a user namespace")
        .hint("give it uidMappings and gidMappings");
  }
  return std::optional(std::move(out));
}

void remove_id_map(grpc::Mount& mount) {
  mount.clear_uid_mappings();
  mount.clear_gid_mappings();
  auto& options = *mount.mutable_options();
  options.erase(std::remove_if(options.begin(), options.end(),
                               [](const auto& option) { return option == "idmap" || option == "ridmap"; }),
                options.end());
}

}  // namespace kata::oci
