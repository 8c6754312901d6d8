// The pod's journal: which resources of the host the pod has, so that anybody can take them away after any crash.
//
// How it works:
//   1. An entry is written before its resource is made. A crash between the two leaves an entry without a resource.
//   2. So undoing is idempotent: a resource that was never made, or is gone already, is success.
//   3. Undoing goes backwards, because what was made later stands on what was made before. Only what runs (a process)
//      goes first: it holds the rest.
//      When one cannot be undone, the others are, but the directory that holds the journal stays for whoever repeats
//      it.
//   4. Whoever finds the file can replay it: the next shim of the same name, the shim's "delete" action, a person. It
//      needs neither the guest nor anything of the process that wrote it.
//   5. The journal does not know what it stores. An entry is a number, the name of a kind, and a payload that belongs
//      to the kind's owner, who says here (Kind) what a valid payload is and how it is undone. Who replays brings the
//      list of kinds along: runtime/pod_journal has the one that everybody uses.
//   6. Whoever reads a journal treats it as hostile. A line that is cut off, is malformed, has an unknown kind or a
//      payload that its kind refuses is skipped, counted and named in the log; nothing of it is undone.
//
// The file is only appended to, one line for each event:
//   + <number> <kind> <payload>     the resource may exist from now on
//   - <number>                      it is gone
// Numbers grow. Names of kinds and the form of their payloads outlive a version: an update of the runtime replays what
// the crashed shim of the old one wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::journal {

// The directories below which the pod's files are: absolute, without a slash at the end. Kinds that name files refuse
// any other path.
using Roots = std::vector<std::string>;

// What one sort of resource is to the journal. A constant of its owner's room, which lives as long as the program.
struct Kind {
  std::string_view name;  // one word; the file has it
  // Whether `payload` can have been written by the owner. It is not to be trusted, and may hold any byte but '\n'.
  bool (*is_valid)(std::string_view payload, const Roots& roots);
  // Takes the resource away; success when it is not there. `payload` is valid. Never waits for ever.
  Result<> (*undo)(std::string_view payload);
  // It runs and holds other resources: undone before all that do not, the oldest first.
  bool runs = false;
};
using Kinds = std::span<const Kind* const>;

struct Entry {
  uint64_t number = 0;
  const Kind* kind = nullptr;
  std::string payload;
};

struct Contents {
  std::vector<Entry> entries;  // not undone yet, the oldest first
  uint64_t next_number = 1;
  size_t bad_lines = 0;
  std::string first_bad_line;  // as it is in the file, but not all of a very long one
};

// Pure.
Contents parse(std::string_view text, Kinds kinds, const Roots& roots);
std::string to_line(const Entry& entry);

// Undoes what the journal at `path` still has, in the order that is written above. Goes on after an error, logs each
// and returns the first. Success when there is no such file.
Result<> replay(const std::string& path, Kinds kinds, const Roots& roots);

// The journal of a living pod, and its only writer. Thread-safe. `kinds` outlives it.
class Journal {
 public:
  // Appends to the file, which is made when it is missing.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, Kinds kinds, Roots roots);

  // Accepts paths below one more root. Who replays has to know it, too.
  void allow(std::string root);

  // Writes an entry before its resource is made. Returns the number by which undo() finds it. A kind that is not in the
  // list, or a payload that the kind refuses, is kInternal: nobody could undo it.
  Result<uint64_t> add(const Kind& kind, std::string payload);

  // Undoes one resource now and strikes its entry out; when that fails, the entry stays. A number that has no entry is
  // success.
  Result<> undo(uint64_t number);
  // The resource went by itself (a process that ended).
  void strike(uint64_t number);
  // Undoes everything that is left, as replay() does.
  Result<> undo_all();

 private:
  Journal(std::string path, UniqueFd file, Kinds kinds, Roots roots, Contents contents);

  const std::string path_;
  const Kinds kinds_;
  const UniqueFd file_;
  Mutex mutex_;
  Roots roots_ GUARDED_BY(mutex_);
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  uint64_t next_number_ GUARDED_BY(mutex_);
};

}  // namespace kata::journal
