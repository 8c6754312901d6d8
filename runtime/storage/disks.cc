#include "runtime/storage/disks.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/file.h"

namespace kata::storage {

namespace {

// The kernel may be too old, or a sysctl or seccomp filter may forbid it.
bool has_io_uring() {
  io_uring_params params{};
  UniqueFd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &params)));
  return static_cast<bool>(ring);
}

// The agent's name for what finds the disk.
const char* driver_of(hypervisor::GuestAddress::Kind kind) {
  return kind == hypervisor::GuestAddress::Kind::kScsi ? "scsi" : "blk";
}

}  // namespace

DiskSettings possible(DiskSettings wanted) {
  const char* why = nullptr;
  using Aio = hypervisor::Disk::Aio;
  if (wanted.aio == Aio::kNative && !wanted.direct)
    why = "it needs block_device_cache_set and block_device_cache_direct";
  if (wanted.aio == Aio::kIoUring && !has_io_uring()) why = "this host's kernel does not offer it";
  if (why == nullptr) return wanted;
  log::warning("storage", "block_device_aio: threads are used instead", {{"why", why}});
  wanted.aio = Aio::kThreads;
  return wanted;
}

Result<PluggedDisk> Disks::attach(const Key& key) {
  const auto& [path, read_only] = key;
  PluggedDisk disk{.id = concat("disk", next_++)};
  auto address = TRY_WRAP(slots_.attach({.id = disk.id,
                                         .path = path,
                                         .bus = settings_.bus,
                                         .read_only = read_only,
                                         .direct = settings_.direct,
                                         .no_flush = settings_.no_flush,
                                         .aio = settings_.aio}),
                          concat("plugging ", path, " into the virtual machine"));
  disk.driver = driver_of(address.kind);
  disk.address = std::move(address.text);
  log::info("storage", "disk plugged in", {{"source", path}, {"id", disk.id}, {"address", disk.address}});
  return disk;
}

Result<PluggedDisk> Disks::plug_in(const DiskSource& source) {
  Key key{TRY(sys::real_path(source.path)), source.read_only};
  MutexLock lock(mutex_);
  auto found = plugged_.find(key);
  if (found == plugged_.end()) found = plugged_.emplace(key, Plugged{TRY(attach(key))}).first;
  ++found->second.uses;
  return found->second.disk;
}

void Disks::unplug(const PluggedDisk& disk) {
  MutexLock lock(mutex_);
  auto found =
      std::find_if(plugged_.begin(), plugged_.end(), [&](const auto& one) { return one.second.disk.id == disk.id; });
  if (found == plugged_.end() || --found->second.uses > 0) return;
  auto detached = slots_.detach(disk.id);
  if (!detached) {
    log::warning("storage", "cannot unplug a disk",
                 {{"source", found->first.first}, {"error", detached.error().text()}});
  }
  plugged_.erase(found);
}

}  // namespace kata::storage
