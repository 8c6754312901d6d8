// Where a pod's shim listens.
#pragma once

#include <string>

namespace kata::shim {

// /run/containerd/s/<sha256 of address/namespace/id>: the path without "unix://".
std::string socket_path(const std::string& address, const std::string& name_space, const std::string& sandbox_id);

}  // namespace kata::shim
