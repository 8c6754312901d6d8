// What a shared and a copied volume have in common: a directory or file of the host that is none of the special ones.
#pragma once

#include <string>

#include "runtime/storage/planning.h"
#include "runtime/storage/resource.h"

namespace kata::storage {

// The last part of its path, short enough for a name with something in front.
std::string base_name(const std::string& path);

// A name for it in the guest, which no other of the container's has: "<container>-<number>-<its own name>".
std::string name_host_volume(Planning& planning, const std::string& source);

// The source as the host sees it, or as the container does where its ids are mapped.
Result<HostPart> part_of_host(const HostSide& host, const std::string& source, bool recursive,
                              HostPart::ReadOnly read_only, const std::optional<oci::IdMap>& id_map = {});

}  // namespace kata::storage
