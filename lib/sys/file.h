// System calls on paths, each wrapped once; errors name the path. Thread-safe.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

// O_CLOEXEC is always added.
Result<UniqueFd> open(const std::string& path, int flags, mode_t mode = 0);
// ELOOP when any part of the path is a link: for paths in which others may put one.
Result<UniqueFd> open_without_links(const std::string& path, int flags);
Result<UniqueFd> open_at(int directory, const std::string& path, int flags, mode_t mode = 0);

// Whole small files. The limit keeps a hostile or endless file from filling memory.
inline constexpr size_t kSmallFile = 16U << 20U;
Result<std::string> read_file(const std::string& path, size_t limit = kSmallFile);
// The same of a file of our own making, of which somebody may have made something else: a FIFO, which would never end,
// is an error.
Result<std::string> read_regular_file(const std::string& path, size_t limit = kSmallFile);
Result<> write_file(const std::string& path, std::string_view text, mode_t mode = 0644);
// Opens an existing file (a sysfs, procfs or cgroup control) and writes once.
Result<> write_control(const std::string& path, std::string_view text);
// Readers see the old or the new content, never a part: temporary file, fsync, rename.
Result<> write_file_atomic(const std::string& path, std::string_view text, mode_t mode = 0644);

bool exists(const std::string& path);                     // follows links
bool is_executable(const std::string& path);              // by this process; a directory is, too
Result<> expect_readable(const std::string& path);        // by this process
Result<struct stat> stat(const std::string& path);        // follows links
Result<struct stat> stat(int fd, std::string_view name);  // of what is open; errors call it `name`
bool is_same_file(const struct stat& one, const struct stat& other);
Result<struct stat> lstat(const std::string& path);
Result<std::string> read_link(const std::string& path);
Result<std::string> real_path(const std::string& path);
Result<std::vector<std::string>> list_directory(const std::string& path);  // names, without . and ..

Result<> make_directory(const std::string& path, mode_t mode = 0755);  // EEXIST is an error
// A new one, private to its owner: `prefix` and six characters.
Result<std::string> make_temporary_directory(const std::string& prefix);
Result<> make_directories(const std::string& path, mode_t mode = 0755);  // like mkdir -p
Result<> remove_file(const std::string& path);                           // a missing file is success
Result<> remove_directory(const std::string& path);                      // a missing directory is success
// Like rm -r, but never through a mount point (bind mounts of the same file system too) or a link. A missing tree is
// success; a mount in it is EXDEV, with what came before it removed. "/", "." and ".." are refused.
Result<> remove_tree(const std::string& path);

// The lock of a whole open file (flock(2)), which goes with its descriptor. Errors call the file `name`.
Result<> lock_file(int fd, std::string_view name);
Result<bool> try_lock_file(int fd, std::string_view name);  // false: somebody else has it

}  // namespace kata::sys
