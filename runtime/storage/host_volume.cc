#include "runtime/storage/host_volume.h"

#include "lib/base/concat.h"

namespace kata::storage {

namespace {

std::string base_name(const std::string& path) {
  auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return "root";
  auto slash = path.rfind('/', end);
  // A file name of 255 bytes, a container id and a number would not fit into one.
  return path.substr(slash + 1, end - slash).substr(0, 64);
}

}  // namespace

std::string name_host_volume(Planning& planning, const std::string& source) {
  return concat(planning.container, "-", planning.host_volumes++, "-", base_name(source));
}

}  // namespace kata::storage
