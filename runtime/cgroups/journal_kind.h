// A group that we made in a hierarchy of the host, as a kind of journal entries.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"

namespace kata::cgroups {

// The payload is "<made> <directory>": of the directory's path, the last `made` parts were not there before. The
// directory may be anywhere but must have one of our names (is_ours()), and only a directory of a cgroup file system is
// removed. Undoing waits for processes that are on their way out, and takes along those parents that came with it, or
// are ours by name, and are empty then.
extern const journal::Kind kGroup;

Result<uint64_t> record_group(journal::Journal& journal, const std::string& directory, unsigned made);

}  // namespace kata::cgroups
