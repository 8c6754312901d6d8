#include "runtime/storage/disks.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

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

}  // namespace

DiskSettings possible(DiskSettings wanted) {
  const char* why = nullptr;
  if (wanted.aio == "native" && !wanted.direct) why = "it needs block_device_cache_set and block_device_cache_direct";
  if (wanted.aio == "io_uring" && !has_io_uring()) why = "this host's kernel does not offer it";
  if (why == nullptr) return wanted;
  log::warning("storage", "block_device_aio: threads are used instead", {{"wanted", wanted.aio}, {"why", why}});
  wanted.aio = "threads";
  return wanted;
}

Result<DiskAddress> Disks::add_one(const DiskVolume& disk, const std::string& container) {
  const auto* driver = settings_.bus == hypervisor::Disk::Bus::kVirtioScsi ? "scsi" : "blk";
  auto path = TRY(sys::real_path(disk.source));
  Key key{path, disk.read_only};
  auto found = plugged_.find(key);
  if (found == plugged_.end()) {
    Plugged one{.id = concat("disk", next_++)};
    one.address = TRY_WRAP(slots_.attach({.id = one.id,
                                          .path = path,
                                          .bus = settings_.bus,
                                          .read_only = disk.read_only,
                                          .direct = settings_.direct,
                                          .no_flush = settings_.no_flush,
                                          .aio = settings_.aio}),
                           concat("plugging ", path, " into the virtual machine"));
    log::info("storage", "disk plugged in", {{"source", path}, {"id", one.id}, {"address", one.address}});
    found = plugged_.emplace(key, std::move(one)).first;
  }
  found->second.users.insert(container);
  return DiskAddress{driver, found->second.address};
}

Result<std::vector<DiskAddress>> Disks::add(const std::vector<DiskVolume>& disks, const std::string& container) {
  MutexLock lock(mutex_);
  std::vector<DiskAddress> out;
  for (const auto& disk : disks) {
    auto address = add_one(disk, container);
    if (!address) {
      release_locked(container);
      return address.error();
    }
    out.push_back(std::move(*address));
  }
  return out;
}

void Disks::release(const std::string& container) {
  MutexLock lock(mutex_);
  release_locked(container);
}

void Disks::release_locked(const std::string& container) {
  for (auto one = plugged_.begin(); one != plugged_.end();) {
    auto& users = one->second.users;
    if (users.erase(container) == 0 || !users.empty()) {
      ++one;
      continue;
    }
    auto detached = slots_.detach(one->second.id);
    if (!detached) {
      log::warning("storage", "cannot unplug a disk",
                   {{"source", one->first.first}, {"error", detached.error().text()}});
    }
    one = plugged_.erase(one);
  }
}

}  // namespace kata::storage
