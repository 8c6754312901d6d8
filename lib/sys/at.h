// Files by the directory that holds them: a descriptor and a name, so that nothing that is put in the place of a parent
// directory meanwhile leads elsewhere. No symbolic link is followed. Thread-safe.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::sys {

Result<struct stat> lstat_at(int directory, const std::string& name);
Result<std::string> read_link_at(int directory, const std::string& name);
// The names in it, without . and .., all read before this returns: the caller may remove while it goes through them.
// The descriptor stays the caller's, its position is not used. A directory that has been removed has none.
Result<std::vector<std::string>> list_directory(int directory, const std::string& path);

}  // namespace kata::sys
