// The options of an OCI mount, parsed, for the guest's mounts and for those of the host. Pure.
// https://github.com/opencontainers/runtime-spec/blob/main/config.md#linux-mount-options
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::oci {

// Attributes of mount_setattr(2): MOUNT_ATTR_*.
struct MountAttributes {
  uint64_t set = 0;
  uint64_t clear = 0;
  bool empty() const { return set == 0 && clear == 0; }
};

struct MountOptions {
  bool bind = false;
  bool recursive_bind = false;
  bool copy_up = false;
  bool id_mapped = false;                  // with which ids, the mount and its container say (id_map.h)
  unsigned long flags = 0;                 // MS_* of a new file system that are no attributes
  MountAttributes attributes;              // of the mount itself
  MountAttributes recursive_attributes;    // of everything below too: "rro", "rnosuid", …
  std::vector<unsigned long> propagation;  // MS_PRIVATE, …, with or without MS_REC, in order
  std::string data;                        // what the file system itself understands

  // MS_* for mount(2) of a new file system.
  unsigned long mount_flags() const;
};

// Everything unknown is data for the file system.
template <typename Strings>
Result<MountOptions> parse_mount_options(const Strings& options);

// Every word that is no data of a file system, sorted: what `features` says.
std::vector<std::string> mount_option_names();

// "private", "rslave", …: the MS_* flags, 0 when it is no such word.
unsigned long propagation_of(const std::string& word);

namespace detail {
Result<> add_mount_option(MountOptions& out, const std::string& option);
}

template <typename Strings>
Result<MountOptions> parse_mount_options(const Strings& options) {
  MountOptions out;
  for (const auto& option : options) TRY(detail::add_mount_option(out, option));
  return out;
}

}  // namespace kata::oci
