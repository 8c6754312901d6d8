// What a shared and a copied volume have in common: a directory or file of the host that is none of the special ones.
#pragma once

#include <string>

#include "runtime/storage/planning.h"

namespace kata::storage {

// A name for it in the guest, which no other of the container's has: "<container>-<number>-<its own name>".
std::string name_host_volume(Planning& planning, const std::string& source);

}  // namespace kata::storage
