// Finds the device node of a disk by the address that the runtime gives it. Devices appear
// asynchronously: each finder looks into /sys, and again after each event of the kernel's.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::agent {

// "02/03.1" is slot 3, function 1, behind the bridge in slot 2. Every part is hexadecimal.
struct PciSlot {
  unsigned slot = 0;
  unsigned function = 0;
};
Result<std::vector<PciSlot>> parse_pci_path(std::string_view text);

// The sysfs directory of the PCI device below `sys_devices` (/sys/devices); empty while it is not there.
std::string find_pci_device(const std::string& sys_devices, const std::vector<PciSlot>& path);

// The name ("vda") of the block device below a sysfs directory of its controller; empty: none yet.
std::string find_block_name(const std::string& directory);

// How `source` names the disk depends on `driver`:
//   blk       a PCI path, or /dev/…          mmioblk, nvdimm   /dev/…
//   scsi      "<id>:<lun>"
// Waits up to `timeout`; kNotFound names driver and source. Returns "/dev/vda".
Result<std::string> wait_for_block_device(const std::string& driver, const std::string& source,
                                          std::chrono::milliseconds timeout);

bool is_block_driver(std::string_view driver);

}  // namespace kata::agent
