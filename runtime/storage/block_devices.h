// Nodes of block devices on the host, and what a specification allows to do with them.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "lib/proto/oci.pb.h"

namespace kata::storage {

// The node at `path` in a container, with the numbers, mode and owner of the host's.
grpc::LinuxDevice node_of(const struct stat& host, const std::string& path);

// Whether `path` is a node of that block device.
bool is_node_of(const std::string& path, int64_t major, int64_t minor);

// The host's node of a device number: "/dev/sda"; empty: there is none. `sys` is /sys, `dev` is /dev.
std::string host_node(int64_t major, int64_t minor, const std::string& sys = "/sys", const std::string& dev = "/dev");

// Whether the rules of linux.resources.devices allow reading only. Pure.
bool rules_forbid_writing(const grpc::Spec& spec, int64_t major, int64_t minor);
// Whether they allow everything, as for a privileged container. Pure.
bool may_use_all_devices(const grpc::Spec& spec);

}  // namespace kata::storage
