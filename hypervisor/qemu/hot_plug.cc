#include "hypervisor/qemu/hot_plug.h"

#include <nlohmann/json.hpp>
#include <set>

#include "hypervisor/qemu/device.h"
#include "hypervisor/qemu/json_text.h"
#include "hypervisor/qemu/unplug.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::hypervisor {

namespace {

using nlohmann::json;

constexpr unsigned kScsiIds = 256;  // targets of a virtio-scsi bus
constexpr const char* kScsiController = "scsi0";

const char* aio_name(Disk::Aio aio) {
  if (aio == Disk::Aio::kNative) return "native";
  return aio == Disk::Aio::kIoUring ? "io_uring" : "threads";
}

json blockdev(const Disk& disk, const std::string& path, bool is_device) {
  json cache = {{"direct", disk.direct}, {"no-flush", disk.no_flush}};
  json file = {{"driver", is_device ? "host_device" : "file"},
               {"filename", path},
               {"aio", aio_name(disk.aio)},
               {"cache", cache},
               {"read-only", disk.read_only},
               {"discard", "unmap"}};
  return {{"driver", "raw"}, {"node-name", disk.id}, {"read-only", disk.read_only},
          {"cache", cache},  {"discard", "unmap"},   {"file", file}};
}

void put_in_slot(json& device, const BridgeSlot& slot) {
  device["bus"] = slot.bus();
  device["addr"] = slot.address();
  device["disable-legacy"] = "on";
}

}  // namespace

void HotPlug::started_with(const Nic& nic, const BridgeSlot& slot) {
  MutexLock lock(mutex_);
  devices_[nic.id] = {.kind = Kind::kNic, .slot = slot, .busy = false};
}

Result<HotPlug::Device> HotPlug::reserve(const std::string& id, Kind kind) {
  Device out{.kind = kind};
  MutexLock lock(mutex_);
  if (devices_.contains(id)) return Error::make(Code::kAlreadyExists, concat("the machine has a device ", id));
  if (kind == Kind::kScsi) {
    std::set<unsigned> used;
    for (const auto& [name, device] : devices_) {
      if (device.kind == Kind::kScsi) used.insert(device.scsi_id);
    }
    while (used.contains(out.scsi_id)) ++out.scsi_id;
  } else {
    out.slot = slots_.take();
  }
  bool room = kind == Kind::kScsi ? out.scsi_id < kScsiIds : out.slot.has_value();
  if (!room) {
    return Error::make(Code::kResourceExhausted, concat("all places for plugging are taken; there is none for ", id))
        .hint("raise default_bridges, or use block_device_driver = \"virtio-scsi\"");
  }
  devices_[id] = out;
  return out;
}

void HotPlug::forget(const std::string& id) {
  MutexLock lock(mutex_);
  auto found = devices_.find(id);
  if (found == devices_.end()) return;
  if (found->second.slot) slots_.give_back(*found->second.slot);
  devices_.erase(found);
}

void HotPlug::set_busy(const std::string& id, bool busy) {
  MutexLock lock(mutex_);
  devices_[id].busy = busy;
}

Result<> HotPlug::execute(std::string_view command, const std::string& arguments) {
  TRY(qmp_.execute(command, timeouts_.command, arguments));
  return {};
}

Result<GuestAddress> HotPlug::attach(const Nic& nic) {
  auto device = TRY(reserve(nic.id, Kind::kNic));
  auto done = plug(nic, device);
  if (!done) {
    forget(nic.id);
    return done.error();
  }
  set_busy(nic.id, false);
  return GuestAddress{GuestAddress::Kind::kPci, device.slot->guest_path()};
}

Result<GuestAddress> HotPlug::attach(const Disk& disk) {
  auto device = TRY(reserve(disk.id, disk.bus == Disk::Bus::kVirtioScsi ? Kind::kScsi : Kind::kBlk));
  auto done = plug(disk, device);
  if (!done) {
    forget(disk.id);
    return done.error();
  }
  set_busy(disk.id, false);
  if (device.slot) return GuestAddress{GuestAddress::Kind::kPci, device.slot->guest_path()};
  return GuestAddress{GuestAddress::Kind::kScsi, concat(device.scsi_id, ":0")};
}

Result<> HotPlug::attach(const SharedDirectory& directory) {
  auto slot = slots_.take();
  if (!slot) return Error::make(Code::kResourceExhausted, concat("there is no place for ", directory.tag));
  auto done = plug(directory, *slot);
  if (!done) slots_.give_back(*slot);
  return done;
}

Result<> HotPlug::plug(const SharedDirectory& directory, const BridgeSlot& slot) {
  json address = {{"type", "unix"}, {"data", {{"path", directory.socket}}}};
  json backend = {{"type", "socket"}, {"data", {{"addr", address}, {"server", false}}}};
  TRY(execute("chardev-add", json_text({{"id", directory.tag}, {"backend", backend}})));
  auto added = execute("device_add", virtio_fs_device(directory, directory.tag, slot).json());
  if (!added)
    ignore(execute("chardev-remove", json_text({{"id", directory.tag}})));  // the first error is the one to tell
  return added;
}

// Hands copies over; returns their names as netdev_add wants them.
Result<std::string> HotPlug::give_fds(const std::string& prefix, const std::vector<int>& fds) {
  std::string names;
  for (size_t i = 0; i < fds.size(); ++i) {
    auto name = concat(prefix, "-", i);
    TRY(qmp_.execute_with_fd("getfd", fds[i], timeouts_.command, json_text({{"fdname", name}})));
    names += names.empty() ? name : ":" + name;
  }
  return names;
}

Result<> HotPlug::plug(const Nic& nic, const Device& device) {
  NicDescriptors descriptors;
  MutexLock lock(fd_mutex_);
  descriptors.taps = TRY(give_fds(nic.id + "-tap", nic.taps));
  if (!nic.vhost.empty()) descriptors.vhost = TRY(give_fds(nic.id + "-vhost", nic.vhost));
  lock.unlock();
  TRY(execute("netdev_add", nic_backend(nic, descriptors).json()));
  auto added = execute("device_add", nic_device(nic, device.slot).json());
  if (!added) ignore(remove_backend(nic.id, Kind::kNic));  // the first error is the one to tell
  return added;
}

// QEMU has the file by a descriptor, under a name that works as a path where QEMU opens one: the file itself is out of
// its sight. It has one of its own once it has opened that.
Result<> HotPlug::add_backend(const Disk& disk) {
  auto file = TRY(sys::open(disk.path, disk.read_only ? O_RDONLY : O_RDWR));
  bool is_device = S_ISBLK(TRY(sys::stat(file.get(), disk.path)).st_mode);
  MutexLock lock(fd_mutex_);
  auto answer = TRY(qmp_.execute_with_fd("add-fd", file.get(), timeouts_.command, json_text({{"opaque", disk.id}})));
  auto set = json::parse(answer, nullptr, false).value("fdset-id", -1);
  auto added = execute("blockdev-add", json_text(blockdev(disk, concat("/dev/fdset/", set), is_device)));
  ignore(execute("remove-fd", json_text({{"fdset-id", set}})));
  return added;
}

Result<> HotPlug::plug(const Disk& disk, const Device& device) {
  if (device.kind == Kind::kScsi) TRY(ensure_scsi_controller());
  TRY(add_backend(disk));
  json front = {{"id", disk.id}, {"drive", disk.id}, {"serial", disk.id.substr(0, 20)}};  // VIRTIO_BLK_ID_BYTES
  if (device.kind == Kind::kScsi) {
    front.update({{"driver", "scsi-hd"},
                  {"bus", concat(kScsiController, ".0")},
                  {"channel", 0},
                  {"scsi-id", device.scsi_id},
                  {"lun", 0}});
  } else {
    front["driver"] = "virtio-blk-pci";
    put_in_slot(front, *device.slot);
  }
  auto added = execute("device_add", json_text(front));
  if (!added) ignore(remove_backend(disk.id, device.kind));
  return added;
}

// Most pods have no such disk, so the controller comes with the first.
Result<> HotPlug::ensure_scsi_controller() {
  MutexLock lock(scsi_mutex_);
  if (scsi_controller_) return {};
  auto slot = slots_.take();
  if (!slot) return Error::make(Code::kResourceExhausted, "there is no place for the SCSI controller");
  json front = {{"driver", "virtio-scsi-pci"}, {"id", kScsiController}};
  put_in_slot(front, *slot);
  auto added = execute("device_add", json_text(front));
  if (!added) slots_.give_back(*slot);
  scsi_controller_ = added.ok();
  return added;
}

Result<> HotPlug::remove_backend(const std::string& id, Kind kind) {
  if (kind == Kind::kNic) return execute("netdev_del", json_text({{"id", id}}));
  return execute("blockdev-del", json_text({{"node-name", id}}));
}

Result<> HotPlug::detach(const std::string& id) {
  Kind kind{};
  {
    MutexLock lock(mutex_);
    auto found = devices_.find(id);
    if (found == devices_.end()) return {};
    if (found->second.busy) {
      return Error::make(Code::kFailedPrecondition, concat("device ", id, " is being plugged or unplugged"));
    }
    found->second.busy = true;
    kind = found->second.kind;
  }
  auto done = unplug(qmp_, id, timeouts_.command, timeouts_.unplug);
  if (done) done = remove_backend(id, kind);
  // With the machine, its devices are gone.
  if (done || done.error().is(Code::kUnavailable)) {
    forget(id);
    return {};
  }
  set_busy(id, false);
  return done.error();
}

}  // namespace kata::hypervisor
