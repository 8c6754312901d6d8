// Copies a directory's content: the "tmpcopyup" of a tmpfs.
#pragma once

#include "lib/base/result.h"

namespace kata::agent {

// Files, directories, links and special files with owner and mode, without leaving the source's file system. The two
// directories themselves stay as they are.
Result<> copy_tree(int from, int to);

}  // namespace kata::agent
