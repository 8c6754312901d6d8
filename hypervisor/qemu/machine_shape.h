// What the parts of a machine must agree on, derived from its configuration.
#pragma once

#include <cstdint>

#include "hypervisor/vm.h"

namespace kata::hypervisor {

// Another process (virtiofsd) maps the guest's memory.
bool needs_shared_memory(const VmConfig& config);
// QEMU itself serves a directory to the guest: 9p.
bool serves_files(const VmConfig& config);
bool has_balloon(const VmConfig& config);
// Goes on from a saved machine. What cannot be in that one is plugged in: interfaces, virtio-fs.
bool is_clone(const VmConfig& config);
// How memory is added while the guest runs: one of these at the most.
bool grows_by_virtio_mem(const VmConfig& config);
bool grows_by_modules(const VmConfig& config);
// All processors that the machine may get are there from the start, and the guest sets online what it was given: an
// emulator that has used up its memory for translated code cannot start another one, and QEMU aborts (7.2:
// tcg_region_initial_alloc).
bool starts_with_all_processors(const VmConfig& config);

}  // namespace kata::hypervisor
