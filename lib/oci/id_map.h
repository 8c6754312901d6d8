// Mappings of user and group ids: those of a user namespace, and those of an id-mapped mount. Pure.
// https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#user-namespace-mappings
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::oci {

using IdMappings = google::protobuf::RepeatedPtrField<grpc::LinuxIDMapping>;

// "0 100000 65536\n…" for /proc/<pid>/uid_map.
std::string id_map_text(const IdMappings& mappings);

// What an id inside is outside; nothing: it has no place there. Without mappings it is itself.
std::optional<uint32_t> id_outside(const IdMappings& mappings, uint32_t inside);

// Of a mount that is to be id-mapped: the owners that its files have are the ids inside, those that are seen are the
// ids outside.
struct IdMap {
  IdMappings uids, gids;
  bool recursive = false;  // also what is mounted below
};

// Nothing: it is not to be id-mapped. A mount that only says "idmap" or "ridmap" has the mappings of the container's
// user namespace.
Result<std::optional<IdMap>> id_map_of(const grpc::Mount& mount, const grpc::Linux& linux);
// What says so, taken away.
void remove_id_map(grpc::Mount& mount);

}  // namespace kata::oci
