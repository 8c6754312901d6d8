#include "agent/storage/block_device.h"

#include <fcntl.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <functional>

#include "agent/guest/modules.h"
#include "agent/guest/wait_for_device.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

using Finder = std::function<std::string()>;

Error bad_path(std::string_view text) {
  return Error::make(Code::kInvalidArgument, concat("\"", text, "\" is not a PCI path (like \"02/03\")"));
}

bool parse_hex(std::string_view text, unsigned limit, unsigned& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size() && value <= limit;
}

// True for "0000:05:03.1" when the slot is 3.1; the bus is the guest's own numbering.
bool is_slot(std::string_view name, const PciSlot& slot) {
  std::array<char, 8> suffix{};
  (void)std::snprintf(suffix.data(), suffix.size(), ":%02x.%u", slot.slot, slot.function);
  return name.size() == sizeof("0000:00:00.0") - 1 && name.ends_with(suffix.data());
}

std::string find_child(const std::string& directory, const PciSlot& slot) {
  auto names = sys::list_directory(directory);
  if (!names.ok()) return {};
  for (const auto& name : *names) {
    if (is_slot(name, slot)) return concat(directory, "/", name);
  }
  return {};
}

std::string first_entry(const std::string& directory) {
  auto names = sys::list_directory(directory);
  return names.ok() && !names->empty() ? names->front() : std::string{};
}

// The kernel scans a SCSI bus by itself only when it finds the host.
void scan_scsi(const std::string& id, const std::string& lun) {
  auto hosts = sys::list_directory("/sys/class/scsi_host");
  if (!hosts.ok()) return;
  for (const auto& host : *hosts) {
    ignore(sys::write_control(concat("/sys/class/scsi_host/", host, "/scan"), concat("0 ", id, " ", lun)));
  }
}

std::string find_scsi(const std::string& suffix) {
  constexpr const char* kDevices = "/sys/bus/scsi/devices";
  auto names = sys::list_directory(kDevices);
  if (!names.ok()) return {};
  for (const auto& name : *names) {
    // "target2:0:0" ends like "2:0:0:0", but is not the disk.
    if (!name.ends_with(suffix) || name.starts_with("target")) continue;
    if (auto block = first_entry(concat(kDevices, "/", name, "/block")); !block.empty()) return block;
  }
  return {};
}

Result<Finder> make_finder(const std::string& driver, const std::string& source) {
  if (source.starts_with("/dev/")) {
    return Finder([source] { return sys::exists(source) ? source.substr(sizeof("/dev/") - 1) : std::string{}; });
  }
  if (driver == "blk") {
    auto path = TRY(parse_pci_path(source));
    return Finder([path] {
      auto directory = find_pci_device("/sys/devices", path);
      return directory.empty() ? std::string{} : find_block_name(directory);
    });
  }
  auto colon = source.find(':');
  if (driver == "scsi" && colon != std::string::npos) {
    scan_scsi(source.substr(0, colon), source.substr(colon + 1));
    return Finder([suffix = concat(":", source)] { return find_scsi(suffix); });
  }
  return Error::make(Code::kInvalidArgument,
                     concat("the ", driver, " storage driver does not understand the source \"", source, "\""));
}

// The node in /dev is made by devtmpfs before the event is sent, but after the sysfs directory.
std::string node_of(const std::string& name) {
  auto node = name.empty() ? std::string{} : "/dev/" + name;
  return !node.empty() && sys::exists(node) ? node : std::string{};
}

}  // namespace

Result<std::vector<PciSlot>> parse_pci_path(std::string_view text) {
  std::vector<PciSlot> path;
  for (auto rest = text;;) {
    auto part = rest.substr(0, rest.find('/'));
    auto dot = part.find('.');
    PciSlot slot;
    if (!parse_hex(part.substr(0, dot), 0x1f, slot.slot)) return bad_path(text);
    if (dot != std::string_view::npos && !parse_hex(part.substr(dot + 1), 7, slot.function)) return bad_path(text);
    path.push_back(slot);
    if (part.size() == rest.size()) return path;
    rest.remove_prefix(part.size() + 1);
  }
}

std::string find_pci_device(const std::string& sys_devices, const std::vector<PciSlot>& path) {
  auto roots = sys::list_directory(sys_devices);
  if (!roots.ok()) return {};
  for (const auto& root : *roots) {
    if (!root.starts_with("pci")) continue;
    auto directory = concat(sys_devices, "/", root);
    for (const auto& slot : path) {
      directory = find_child(directory, slot);
      if (directory.empty()) break;
    }
    if (!directory.empty()) return directory;
  }
  return {};
}

std::string find_block_name(const std::string& directory) {
  if (auto own = first_entry(directory + "/block"); !own.empty()) return own;
  auto names = sys::list_directory(directory);
  if (!names.ok()) return {};
  for (const auto& name : *names) {
    if (!name.starts_with("virtio")) continue;
    if (auto below = first_entry(concat(directory, "/", name, "/block")); !below.empty()) return below;
  }
  return {};
}

namespace {

// The node is there a moment before the disk behind it is.
bool can_be_opened(const std::string& node) {
  auto disk = sys::open(node, O_RDONLY | O_NONBLOCK);
  return disk.ok() || !disk.error().is_errno(ENXIO);
}

}  // namespace

Result<std::string> wait_for_block_device(const std::string& driver, const std::string& source,
                                          std::chrono::milliseconds timeout) {
  auto find = TRY(make_finder(driver, source));
  std::string node;
  auto is_there = [&]() -> Result<bool> {
    node = node_of(find());
    return !node.empty() && can_be_opened(node);
  };
  if (TRY(is_there())) return node;
  load_driver(driver == "scsi" ? "virtio_scsi" : driver == "nvdimm" ? "nd_pmem" : "virtio_blk");
  if (driver == "scsi") load_driver("sd_mod");
  if (TRY(wait_for_device(timeout, is_there))) return node;
  return Error::make(Code::kNotFound, concat("no ", driver, " device at ", source, " appeared in the guest within ",
                                             timeout.count(), " ms"))
      .hint("raise agent.hotplug_timeout on the kernel command line");
}

bool is_block_driver(std::string_view driver) {
  return driver == "blk" || driver == "mmioblk" || driver == "scsi" || driver == "nvdimm";
}

}  // namespace kata::agent
