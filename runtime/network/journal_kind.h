// What we put on an interface of a pod's network namespace (queues, filters, a macvtap, a flag), as a kind of journal
// entries.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"

namespace kata::network {

// The payload is "<inode of the namespace> <index of the interface> [opened ]<path of the namespace>". Undoing enters
// the namespace; one that is gone took everything along, and another one at that path (its inode tells) is left alone.
extern const journal::Kind kConnection;

// `path` may be anywhere: engines decide. `opened`: the interface is opened to all groups.
Result<uint64_t> record_connection(journal::Journal& journal, const std::string& path, uint64_t inode, int link_index,
                                   bool opened);

}  // namespace kata::network
