#include "shim/socket_path.h"

#include "lib/base/concat.h"
#include "lib/base/sha256.h"

namespace kata::shim {

std::string socket_path(const std::string& address, const std::string& name_space, const std::string& sandbox_id) {
  return concat("/run/containerd/s/", sha256_hex(concat(address, "/", name_space, "/", sandbox_id)));
}

}  // namespace kata::shim
