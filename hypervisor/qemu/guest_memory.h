// The memory of a machine that can be saved, or that goes on from a saved one: a file in memory of our own, which QEMU
// maps. A clone gets a copy, not a private mapping of the saved file: free page reporting would punch its holes into
// what the other clones have, and virtio-fs' daemon has to map it. 15 ms for 45 MiB.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::hypervisor {

// All of it holes.
Result<UniqueFd> make_guest_memory(uint64_t mib);

// Both return when all of it is copied; holes stay holes. What is stored must not exist yet; what is loaded must
// have the size of the memory.
Result<> store_guest_memory(int memory, const std::string& path);
Result<> load_guest_memory(int memory, const std::string& path);

}  // namespace kata::hypervisor
