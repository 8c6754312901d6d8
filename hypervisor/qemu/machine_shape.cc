#include "hypervisor/qemu/machine_shape.h"

#include <algorithm>

#include "hypervisor/architecture/architecture.h"
#include "hypervisor/qemu/settings.h"

namespace kata::hypervisor {

namespace {

bool has_room_to_grow(const VmConfig& config) {
  return config.max_memory_mib >= config.memory_mib + architecture().memory_block_mib;
}

}  // namespace

bool needs_shared_memory(const VmConfig& config) {
  return config.shared_memory || std::any_of(config.shared.begin(), config.shared.end(), [](const auto& directory) {
           return directory.kind == SharedDirectory::Kind::kVirtioFs;
         });
}

bool serves_files(const VmConfig& config) {
  return std::any_of(config.shared.begin(), config.shared.end(),
                     [](const auto& directory) { return directory.kind == SharedDirectory::Kind::k9p; });
}

bool has_balloon(const VmConfig& config) {
  return config.free_page_reporting || grows_by_virtio_mem(config) || grows_by_modules(config);
}

bool is_clone(const VmConfig& config) { return !config.saved.empty(); }

bool grows_by_virtio_mem(const VmConfig& config) { return config.virtio_mem && has_room_to_grow(config); }

bool grows_by_modules(const VmConfig& config) {
  return !config.virtio_mem && qemu_settings(config).memory_slots > 0 && has_room_to_grow(config);
}

bool starts_with_all_processors(const VmConfig& config) { return config.accelerator == Accelerator::kTcg; }

}  // namespace kata::hypervisor
