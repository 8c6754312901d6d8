// Namespaces that the containers of the sandbox share, kept alive by a bind mount of each.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"

namespace kata::agent {

inline constexpr const char* kNamespaceDirectory = "/run/kata-containers/sandbox/ns";

// Makes a new "ipc" or "uts" namespace and returns its path. A uts namespace gets `hostname`, unless that is empty.
Result<std::string> pin_new_namespace(const std::string& type, const std::string& hostname);
// Keeps a namespace of a process, of the type "pid" for instance, and returns its path.
Result<std::string> pin_namespace_of(pid_t pid, const std::string& type);
Result<> unpin_namespaces();

}  // namespace kata::agent
