// A copy of a small tree that follows its source: a file of the host does not tell the guest when it changes, a copy in
// the guest's memory does (inotify(7)).
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// What one tree may have: it is in the guest's memory, and is looked through every other second.
struct MirrorLimits {
  uint64_t bytes = 1U << 20U;
  size_t entries = 128;
};

// One thread at a time.
class Mirror {
 public:
  // `source` is a directory or a file, `target` does not exist yet. Copies. kResourceExhausted when the source has more
  // than the limits allow; nothing is left then.
  static Result<Mirror> create(const std::string& source, const std::string& target, const MirrorLimits& limits);

  // Copies what has changed, as a reader may expect of who changes files well: directories and files first, each whole
  // under its name at once, then links (so that Kubernetes' swap of "..data" is a swap here too), then what is gone
  // goes. A source that is a file itself is written over. True: there was something to do.
  Result<bool> follow();

 private:
  struct Entry {
    struct stat info {};
    std::string link;
    std::map<std::string, Entry> children;
  };
  struct Budget;
  struct Sides;

  Mirror(std::string source, std::string target, const MirrorLimits& limits)
      : source_(std::move(source)), target_(std::move(target)), limits_(limits) {}

  bool seems_unchanged(const struct stat& now) const;
  Result<Entry> scan() const;
  static Result<Entry> scan_entry(int directory, const std::string& name, const struct stat& info, Budget& budget);
  static Result<> scan_children(int directory, Entry& entry, Budget& budget);
  static bool differ(const Entry& before, const Entry& now);
  Result<> apply(const Entry& now) const;
  static Result<> apply_children(const Sides& sides, const Entry* before, const Entry& now);
  static Result<> apply_one(const Sides& sides, const std::string& name, const Entry* before, const Entry& now);

  std::string source_, target_;
  MirrorLimits limits_;
  Entry seen_;  // what the target is a copy of
  bool empty_ = true;
};

}  // namespace kata::agent
