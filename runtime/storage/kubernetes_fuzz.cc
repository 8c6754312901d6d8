// Any path and any mountinfo: nothing is read past its end, and a volume's path is a part of what was asked about.
#include <cstdint>
#include <string>

#include "runtime/storage/kubernetes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto path = text.substr(0, text.find('\n'));
  if (auto volume = kata::storage::find_volume(path)) {
    if (!path.starts_with(volume->path) || volume->name.find('/') != std::string::npos) __builtin_trap();
  }
  (void)kata::storage::find_subpath(path);
  (void)kata::storage::mounted_part(text, path);
  return 0;
}
