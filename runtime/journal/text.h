// The journal's text form, between its own files.
#pragma once

#include <string>
#include <vector>

#include "runtime/journal/journal.h"

namespace kata::journal {

std::string to_line(const Entry& entry);
// Undoes what is on an interface of a network namespace.
Result<> undo_network(const Entry& entry);
// Removes a cgroup's directory and what was made above it.
Result<> undo_cgroup(const Entry& entry);
// Whether that is what we call a cgroup: ours below any path, or a scope of systemd's.
bool acceptable_cgroup(const std::string& path);
// Absolute, no "." or ".." or empty part, below a root; the root "" is the whole system.
bool acceptable(const std::string& path, const std::vector<std::string>& roots);

}  // namespace kata::journal
