// virtio-fs' daemon as a program: which of the two it is, and how each wants to be called.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::virtiofsd {

// The C daemon (in Debian 12: of qemu-system-common) and its successor (Rust, a package of its own).
enum class Dialect { kC, kRust };
std::string_view dialect_name(Dialect dialect);  // "C", "Rust"

// Asks the program itself (--help).
Result<Dialect> detect(const std::string& path);

struct Call {
  std::string directory;          // what it serves; the mounts below it are seen as they come and go
  int listener = -1;              // a listening Unix socket that it inherits
  std::string cache = "auto";     // virtio_fs_cache: never, metadata, auto, always
  std::vector<std::string> more;  // virtio_fs_extra_args
};

// argv. What one of the two spells differently is translated, in `more` as well.
std::vector<std::string> arguments(const std::string& path, Dialect dialect, const Call& call);

}  // namespace kata::virtiofsd
