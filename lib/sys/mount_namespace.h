// Mount namespaces. A thread is in another one only for one piece of work, and it is a thread made for that; the
// process stays where it is. Descriptors that are opened there, clone_tree()'s too, stay what they are.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

// Holds the namespace: it lives as long as this object. Thread-safe.
class MountNamespace {
 public:
  static Result<MountNamespace> current();  // of the calling thread
  static Result<MountNamespace> of_process(pid_t pid);

  // Tells namespaces apart while they live.
  uint64_t inode() const { return inode_; }

  // Runs `work` inside of it, on a thread of its own, and waits for it. /proc/self is another thread there:
  // /proc/thread-self/mountinfo is the one to read.
  Result<> run(const std::function<Result<>()>& work) const;

 private:
  MountNamespace(UniqueFd fd, uint64_t inode) : fd_(std::move(fd)), inode_(inode) {}
  static Result<MountNamespace> open(const std::string& path);
  UniqueFd fd_;
  uint64_t inode_;
};

// In the caller's own when `where` is null.
Result<> run_in(const MountNamespace* where, const std::function<Result<>()>& work);

}  // namespace kata::sys
