// The pod's journal: which host resources it made, so that anyone can undo them after any crash.
//
// One line per event in a file that is only appended to:
//   + <number> process <pid> <start time>      - <number>      (undone)
//   + <number> mount|directory|file|tree <path, percent-encoded>
//   + <number> network <inode of the namespace> <index of the interface> <path of the namespace, percent-encoded>
//   + <number> cgroup <directories at its end that we made> <path, percent-encoded>
//   + <number> unit <name of a scope of systemd's>
// Each resource is written before it is made (a process right after: the VMM dies with its parent, so
// the gap holds nothing that outlives a crash). Undoing is idempotent, so a resource that was never made
// does no harm.
//
// Whoever reads a journal treats it as hostile: a line that is truncated, malformed, or names a path
// outside the roots it was opened with is skipped and counted. A cgroup may be anywhere, but has one of our names, and
// only a directory of a cgroup file system is removed; a unit must be one that we made.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::journal {

enum class Kind { kProcess, kMount, kDirectory, kFile, kTree, kNetwork, kCgroup, kUnit };

struct Entry {
  uint64_t number = 0;
  Kind kind = Kind::kFile;
  std::string path;         // not for a process; kUnit: the name
  pid_t pid = 0;            // a process only
  uint64_t start_time = 0;  // of the process, /proc/<pid>/stat
  uint64_t inode = 0;       // kNetwork: of the namespace that `path` led to
  int link_index = 0;       // kNetwork: the pod's interface there
  unsigned made = 0;        // kCgroup: so many directories at the end of `path` were not there before
};

struct Contents {
  std::vector<Entry> standing;  // oldest first
  uint64_t next_number = 1;
  size_t bad_lines = 0;
};

// Paths below one of `roots` (absolute, without a trailing slash) are accepted; a namespace's may be anywhere.
Contents parse(std::string_view text, const std::vector<std::string>& roots);

// Undoes one resource. Something that is gone already is success. Never follows a symbolic link,
// never removes what lies on another mount, never kills a process that only reuses the number.
Result<> undo(const Entry& entry);

// Undoes everything: processes first (they hold the rest), then the newest first. Goes on after an
// error and returns the first one. The calling process is left alone.
Result<> undo_all(const std::vector<Entry>& entries);

// What the journal at `path` says is standing, undone. No file: nothing to do.
Result<> replay(const std::string& path, const std::vector<std::string>& roots);

// The journal of a living pod. Thread-safe.
class Journal {
 public:
  // Appends to the file, which is made when it is missing. `roots` as for parse().
  static Result<std::unique_ptr<Journal>> open(const std::string& path, std::vector<std::string> roots);

  // Accepts paths below one more root.
  void allow(std::string root);

  // Each returns the number by which undo() finds it again.
  Result<uint64_t> process(pid_t pid);
  Result<uint64_t> resource(Kind kind, const std::string& path);
  // What we put on an interface of a pod's network namespace: queues, filters, a macvtap. Undoing enters the namespace;
  // one that is gone took it all with it.
  Result<uint64_t> network(const std::string& path, uint64_t inode, int link_index);

  // A directory of a cgroup hierarchy, of which the last `made` parts are not there yet. Undoing waits for processes
  // that are on their way out, and takes those parents along that are empty then.
  Result<uint64_t> cgroup(const std::string& path, unsigned made);
  // A scope of systemd's. Undoing ends what is in it.
  Result<uint64_t> unit(const std::string& name);

  // Undoes one resource now and strikes it; when that fails it stays.
  Result<> undo(uint64_t number);
  // It ended by itself (a process).
  void strike(uint64_t number);
  // Everything that stands.
  Result<> undo_all();

 private:
  Journal(UniqueFd file, std::vector<std::string> roots, Contents contents);
  Result<uint64_t> append(Entry entry);

  Mutex mutex_;
  UniqueFd file_;
  std::vector<std::string> roots_;
  Contents contents_;
};

}  // namespace kata::journal
