#include "agent/storage/drivers.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <thread>

#include "agent/guest/modules.h"
#include "agent/guest/wait_for_device.h"
#include "agent/storage/block_device.h"
#include "agent/storage/ownership.h"
#include "lib/base/concat.h"
#include "lib/oci/mount_options.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

struct Request {
  const grpc::Storage& storage;
  const std::string& container_id;
  std::chrono::milliseconds hotplug_timeout;
};

// A file for a bind mounted file, a directory for everything else.
Result<> make_mount_point(const std::string& source, const std::string& target, bool bind) {
  auto what = bind ? sys::stat(source) : sys::stat("/");
  if (!what.ok()) return what.error();
  if (S_ISDIR(what->st_mode)) return sys::make_directories(target);
  TRY(sys::make_directories(target.substr(0, target.rfind('/'))));
  return sys::exists(target) ? Result<>{} : sys::write_file(target, "");
}

// The kernel of the guest may have the file system as a module, and there is no modprobe to call.
Result<> mount_loading_module(const std::string& source, const std::string& target, const std::string& type,
                              unsigned long flags, const std::string& data) {
  auto mounted = sys::mount(source, target, type, flags, data);
  if (mounted.ok() || !mounted.error().is_errno(ENODEV)) return mounted;
  TRY_WRAP(load_module(type), concat("mount a file system of type ", type));
  load_driver("crc32c_generic");  // ext4, xfs and btrfs ask for it by a name that only modprobe knows
  return sys::mount(source, target, type, flags, data);
}

Result<> mount_at(const std::string& source, const grpc::Storage& storage) {
  auto options = TRY(oci::parse_mount_options(storage.options()));
  const auto& target = storage.mount_point();
  bool bind = options.bind || storage.fstype() == "bind";
  TRY(make_mount_point(source, target, bind));
  if (bind) {
    TRY(sys::bind_mount(source, target, options.recursive_bind));
    if (options.mount_flags() != 0) TRY(sys::remount_bind(target, options.mount_flags()));
  } else {
    TRY(mount_loading_module(source, target, storage.fstype(), options.mount_flags(), options.data));
  }
  for (auto propagation : options.propagation) TRY(sys::set_propagation(target, propagation));
  return {};
}

Result<> mount_plain(const Request& request) { return mount_at(request.storage.source(), request.storage); }

Result<> mount_bind(const Request& request) {
  auto bind = request.storage;
  bind.set_fstype("bind");
  return mount_at(bind.source(), bind);
}

// A shared file system: 9p needs its transport's module as well.
Result<> mount_9p(const Request& request) {
  auto mounted = mount_plain(request);
  bool no_transport = !mounted.ok() && (mounted.error().is_errno(EINVAL) || mounted.error().is_errno(ENOENT) ||
                                        mounted.error().is_errno(EPROTONOSUPPORT));
  if (!no_transport || !load_module("9pnet_virtio").ok()) return mounted;
  return mount_plain(request);
}

// The device may have been plugged in only just: until its driver knows the tag, mount(2) says EINVAL.
Result<> mount_virtio_fs(const Request& request) {
  auto mounted = mount_plain(request);
  auto is_there = [&] { return mounted.ok() || !mounted.error().is_errno(EINVAL); };
  if (is_there()) return mounted;
  auto try_again = [&]() -> Result<bool> {
    mounted = mount_plain(request);
    return is_there();
  };
  if (TRY(wait_for_device(request.hotplug_timeout, try_again))) return mounted;
  return mounted.error()
      .wrap(
          concat("no virtio-fs device ", request.storage.source(), " within ", request.hotplug_timeout.count(), " ms"))
      .hint("raise agent.hotplug_timeout on the kernel command line");
}

// "pagesize=2M,size=4M" needs pages before it can be mounted.
Result<> reserve_huge_pages(const grpc::Storage& storage) {
  uint64_t page = 0;
  uint64_t total = 0;
  for (std::string_view option : storage.options()) {
    for (auto [key, number] : {std::pair<std::string_view, uint64_t*>{"pagesize=", &page}, {"size=", &total}}) {
      if (!option.starts_with(key)) continue;
      auto text = option.substr(key.size());
      auto [unit, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
      if (error != std::errc{}) continue;
      auto suffix = text.substr(static_cast<size_t>(unit - text.data()));
      *number <<= suffix.starts_with("G") ? 30U : suffix.starts_with("M") ? 20U : suffix.starts_with("K") ? 10U : 0U;
    }
  }
  if (page == 0 || total == 0) {
    return Error::make(Code::kInvalidArgument, "a hugetlbfs storage needs the options pagesize= and size=");
  }
  auto control = concat("/sys/kernel/mm/hugepages/hugepages-", page >> 10U, "kB/nr_hugepages");
  auto text = TRY_WRAP(sys::read_file(control), concat("huge pages of ", page, " bytes"));
  uint64_t others = 0;  // of other volumes
  std::from_chars(text.data(), text.data() + text.size(), others);
  return sys::write_control(control, concat(others + total / page));
}

Result<> mount_ephemeral(const Request& request) {
  if (request.storage.fstype() == "hugetlbfs") TRY(reserve_huge_pages(request.storage));
  auto storage = request.storage;
  storage.clear_options();
  for (const auto& option : request.storage.options()) {
    if (!option.starts_with("fsgid=")) storage.add_options(option);
  }
  TRY(mount_at(storage.source().empty() ? "tmpfs" : storage.source(), storage));
  return apply_ownership_options(request.storage);
}

// Makes a directory of the guest's own; nothing is mounted.
Result<> make_local(const Request& request) {
  TRY(sys::make_directories(request.storage.mount_point()));
  return apply_ownership_options(request.storage);
}

// A node may be that of a disk which is on its way out and whose place the new one takes: it opens with ENXIO.
Result<> mount_block(const Request& request) {
  constexpr std::chrono::milliseconds kPause{50};
  auto deadline = std::chrono::steady_clock::now() + request.hotplug_timeout;
  for (;;) {
    auto node = TRY(wait_for_block_device(request.storage.driver(), request.storage.source(), request.hotplug_timeout));
    auto mounted = mount_at(node, request.storage);
    bool leaving = !mounted && mounted.error().is_errno(ENXIO);
    if (!leaving || std::chrono::steady_clock::now() > deadline) return mounted;
    std::this_thread::sleep_for(kPause);
  }
}

// With the driver option overlay-rw, the writable layer is a directory in the guest's memory.
Result<> mount_overlay(const Request& request) {
  auto storage = request.storage;
  for (const auto& option : storage.driver_options()) {
    if (!option.starts_with("io.katacontainers.fs-opt.overlay-rw")) continue;
    auto base =
        concat("/run/kata-containers/", request.container_id.empty() ? "sandbox" : request.container_id, "/overlay");
    TRY(sys::make_directories(base + "/upper"));
    TRY(sys::make_directories(base + "/work"));
    storage.add_options(concat("upperdir=", base, "/upper"));
    storage.add_options(concat("workdir=", base, "/work"));
  }
  if (storage.fstype().empty()) storage.set_fstype("overlay");
  return mount_at(storage.source().empty() ? "overlay" : storage.source(), storage);
}

struct Driver {
  const char* name;
  Result<> (*mount)(const Request& request);
};

constexpr std::array<Driver, 11> kDrivers{{{"9p", mount_9p},
                                           {"bind", mount_bind},
                                           {"blk", mount_block},
                                           {"ephemeral", mount_ephemeral},
                                           {"local", make_local},
                                           {"mmioblk", mount_block},
                                           {"nvdimm", mount_block},
                                           {"overlayfs", mount_overlay},
                                           {"scsi", mount_block},
                                           {"virtio-fs", mount_virtio_fs},
                                           {"virtiofs", mount_virtio_fs}}};

}  // namespace

Result<> mount_storage(const grpc::Storage& storage, const std::string& container_id,
                       std::chrono::milliseconds hotplug_timeout) {
  if (!storage.mount_point().starts_with('/')) {
    return Error::make(Code::kInvalidArgument,
                       concat("a storage's mount point must be absolute: \"", storage.mount_point(), "\""));
  }
  for (const auto& driver : kDrivers) {
    if (storage.driver() != driver.name) continue;
    TRY(driver.mount({storage, container_id, hotplug_timeout}));
    return apply_fs_group(storage);
  }
  std::string known;
  for (const auto& name : storage_driver_names()) known += concat(known.empty() ? "" : ", ", name);
  return Error::make(Code::kUnimplemented,
                     concat("the agent has no storage driver \"", storage.driver(), "\" (there are: ", known, ")"));
}

std::vector<std::string> storage_driver_names() {
  std::vector<std::string> names;
  for (const auto& driver : kDrivers) names.emplace_back(driver.name);
  names.emplace_back(kFollowedDriver);
  return names;
}

}  // namespace kata::agent
