// Devices of the host in a container's specification, and which of them its guest has.
#pragma once

#include "runtime/sandbox/guest_spec.h"

namespace kata {

bool is_disk(const Disks& disks, int64_t major, int64_t minor);  // numbers on the host

// linux.devices: leaves out what the guest has not, and warns once, listing it.
void constrain_devices(grpc::Linux& linux, const Disks& disks);

// linux.resources.devices, after it: leaves out what names devices by numbers that mean others in the guest. What stays
// is about every device, about those whose numbers are the same everywhere, or about one of linux.devices.
void constrain_device_rules(grpc::Linux& linux);

}  // namespace kata
