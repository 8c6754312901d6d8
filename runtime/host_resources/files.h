// Mounts, directories, files and trees of the host, with their kinds of journal entries: whichever room makes one
// writes it down here first. What is undone is never reached through a symbolic link, because who owns a directory on
// the way could have put it there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"

namespace kata::host {

// The payload of each is its path, which must be below the journal's roots.
extern const journal::Kind kMount;
extern const journal::Kind kDirectory;  // an empty one
extern const journal::Kind kFile;
extern const journal::Kind kTree;  // with all that is in it on the same mount

// Each writes the entry for what the caller makes next, and returns its number.
Result<uint64_t> record_mount(journal::Journal& journal, const std::string& path);
Result<uint64_t> record_file(journal::Journal& journal, const std::string& path);
Result<uint64_t> record_tree(journal::Journal& journal, const std::string& path);
// Writes the entry and makes the directory.
Result<uint64_t> make_directory(journal::Journal& journal, const std::string& path, mode_t mode);

// What undoing does. Something that is not there is success. Thread-safe.
Result<> unmount(const std::string& path);
// A tree of a mount, up to 64 directories deep. A mount in it is an error, and what is on that is left alone.
Result<> remove_tree(const std::string& path);

}  // namespace kata::host
