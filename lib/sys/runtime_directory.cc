#include "lib/sys/runtime_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/concat.h"

namespace kata::sys {

namespace {

constexpr char kSystem[] = "/run";

bool is_own_directory(const char* path) {
  struct stat info {};
  return path != nullptr && *path == '/' && ::stat(path, &info) == 0 && S_ISDIR(info.st_mode) &&
         info.st_uid == ::geteuid();
}

std::string find() {
  if (::geteuid() == 0 && ::access(kSystem, W_OK) == 0) return kSystem;
  const char* given = std::getenv("XDG_RUNTIME_DIR");
  if (is_own_directory(given)) return given;
  return concat(kSystem, "/user/", ::geteuid());
}

}  // namespace

const std::string& runtime_directory() {
  static const std::string found = find();
  return found;
}

}  // namespace kata::sys
