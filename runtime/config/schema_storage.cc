// [hypervisor.X]: files and disks.
#include <array>

#include "runtime/config/daemon_arguments.h"
#include "runtime/config/schema.h"
#include "runtime/config/targets.h"

namespace kata::config {

namespace {

using hypervisor::Disk;

constexpr std::array kSharedFs = {choice("virtio-9p", SharedFs::k9p), choice("virtio-fs", SharedFs::kVirtioFs),
                                  choice("none", SharedFs::kNone), choice("auto", SharedFs::kAuto)};
constexpr std::array kFileCaches = {choice("never", FileCache::kNever), choice("none", FileCache::kNever),
                                    choice("metadata", FileCache::kMetadata), choice("auto", FileCache::kAuto),
                                    choice("always", FileCache::kAlways)};
// Those of other machines mean virtio-blk here.
constexpr std::array kDiskBuses = {
    choice("virtio-blk", Disk::Bus::kVirtioBlk),     choice("virtio-scsi", Disk::Bus::kVirtioScsi),
    choice("virtio-blk-pci", Disk::Bus::kVirtioBlk), choice("virtio-blk-ccw", Disk::Bus::kVirtioBlk),
    choice("virtio-mmio", Disk::Bus::kVirtioBlk),    choice("virtio-blk-mmio", Disk::Bus::kVirtioBlk),
    choice("nvdimm", Disk::Bus::kVirtioBlk),         choice("virtio-pmem", Disk::Bus::kVirtioBlk)};
constexpr std::array kAios = {choice("threads", Disk::Aio::kThreads), choice("native", Disk::Aio::kNative),
                              choice("io_uring", Disk::Aio::kIoUring)};

std::vector<Key> sharing_keys() {
  return {
      {.name = "shared_fs",
       .fallback = "auto",
       .target = CHOICE(hypervisor.shared_fs, kSharedFs),
       .doc = "How the container's files reach the guest. `virtio-9p` needs nothing else; `virtio-fs` needs its "
              "daemon; `none` shares nothing and copies volumes; `auto` takes what [storage.md](storage.md) measured "
              "as the best that the host can do.",
       .annotation = "shared_fs",
       .choices = kSharedFs},
      {.name = "virtio_fs_daemon",
       .fallback = "",
       .target = TO(hypervisor.virtio_fs_daemon),
       .doc = "virtio-fs' daemon, the Rust or the C one. Empty: the first `virtiofsd` of `/usr/libexec`, `/usr/lib`, "
              "`/usr/lib/qemu`, `/opt/kata/libexec`.",
       .annotation = "virtio_fs_daemon",
       .allowed_by = "valid_virtio_fs_daemon_paths"},
      {.name = "virtio_fs_cache",
       .fallback = "auto",
       .target = CHOICE(hypervisor.virtio_fs_cache, kFileCaches),
       .doc =
           "What the guest keeps: `never`, `metadata`, `auto` (attributes for a second, and content until they "
           "show a change; with the Rust daemon until the next open) or `always`, which hides what the host changes, "
           "an updated ConfigMap too.",
       .annotation = "virtio_fs_cache",
       .choices = kFileCaches},
      {.name = "virtio_fs_queue_size",
       .fallback = 1024,
       .target = TO(hypervisor.virtio_fs_queue_size),
       .doc = "Entries of virtio-fs' queue; a power of two.",
       .low = 2,
       .high = 1024},
      {.name = "virtio_fs_extra_args",
       .fallback = Strings{},
       .target = TO(hypervisor.virtio_fs_extra_args),
       .doc = "More arguments for virtio-fs' daemon. Those of an annotation (separated by commas, or an array of JSON) "
              "are appended, if they only say how it caches and what it announces.",
       .annotation = "virtio_fs_extra_args",
       .separator = ',',
       .appended = true,
       .guard = only_harmless_daemon_arguments},
      {.name = "msize_9p",
       .fallback = 131072,
       .target = TO(hypervisor.msize_9p),
       .doc = "Bytes of one 9p message. (Upstream: 8192, which is slow.)",
       .annotation = "msize_9p",
       .dialect = Dialect::kGo,
       .low = 4096,
       .high = 512000},
  };
}

std::vector<Key> block_keys() {
  return {
      {.name = "block_device_driver",
       .fallback = "virtio-blk",
       .target = CHOICE(hypervisor.block_device_driver, kDiskBuses),
       .doc =
           "How disks are plugged in: `virtio-blk` or `virtio-scsi`, whose controller costs time at every boot. (The "
           "others are of other machines and mean `virtio-blk` here.)",
       .annotation = "block_device_driver",
       .choices = kDiskBuses},
      {.name = "disable_block_device_use",
       .fallback = false,
       .target = TO(hypervisor.disable_block_device_use),
       .doc = "Mount a root file system that is a block device on the host and share it, instead of plugging it in.",
       .annotation = "disable_block_device_use"},
      {.name = "block_device_aio",
       .fallback = "threads",
       .target = CHOICE(hypervisor.block_device_aio, kAios),
       .doc = "How the host does a disk's input and output: `threads`, `native` (with `block_device_cache_direct`) or "
              "`io_uring`; what the host cannot do becomes `threads`. (Upstream: `io_uring`.)",
       .annotation = "block_device_aio",
       .choices = kAios},
      {.name = "block_device_cache_set",
       .fallback = false,
       .target = TO(hypervisor.block_device_cache_set),
       .doc = "The next two keys count.",
       .annotation = "block_device_cache_set"},
      {.name = "block_device_cache_direct",
       .fallback = false,
       .target = TO(hypervisor.block_device_cache_direct),
       .doc = "Disks bypass the host's page cache.",
       .annotation = "block_device_cache_direct"},
      {.name = "block_device_cache_noflush",
       .fallback = false,
       .target = TO(hypervisor.block_device_cache_noflush),
       .doc = "The guest's flushes are not passed on: fast, and a crash of the host loses what was flushed.",
       .annotation = "block_device_cache_noflush"},
  };
}

}  // namespace

std::span<const Key> storage_keys() {
  static const std::vector<Key> kKeys = [] {
    auto keys = sharing_keys();
    for (auto& key : block_keys()) keys.push_back(std::move(key));
    return keys;
  }();
  return kKeys;
}

}  // namespace kata::config
