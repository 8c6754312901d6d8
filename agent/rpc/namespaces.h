// Namespaces that the containers of the sandbox share, kept alive by a bind mount of each.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"

namespace kata::agent {

inline constexpr const char* kNamespaceDirectory = "/run/kata-containers/sandbox/ns";

// A new "ipc" or "uts" namespace; a uts one gets `hostname`, unless that is empty. Returns its path.
Result<std::string> pin_new_namespace(const std::string& type, const std::string& hostname);
// The "pid" namespace (for instance) of a process.
Result<std::string> pin_namespace_of(pid_t pid, const std::string& type);
Result<> unpin_namespaces();

}  // namespace kata::agent
