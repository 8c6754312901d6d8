// Network namespaces. A thread that is in one was made for that, mostly for the moment of one call; the process stays
// where it is. Sockets and devices keep the namespace in which they were opened.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/netlink/socket.h"

namespace kata::netlink {

// Holds the namespace: it lives as long as this object. Thread-safe.
class Namespace {
 public:
  static Result<Namespace> current();  // of the calling thread
  static Result<Namespace> create();   // a fresh one, with nothing but its loopback, which is up
  // A path that is gone is kNotFound; one that is not a network namespace (any more) kInvalidArgument.
  static Result<Namespace> open(const std::string& path);

  // Tells namespaces apart while they live.
  uint64_t inode() const { return inode_; }
  int fd() const { return fd_.get(); }

  // Moves the calling thread there for good.
  Result<> enter() const;
  // Runs `work` on a thread of its own inside of the namespace, and waits for it.
  Result<> run(const std::function<Result<>()>& work) const;
  Result<Socket> socket() const;

 private:
  Namespace(UniqueFd fd, uint64_t inode) : fd_(std::move(fd)), inode_(inode) {}
  static Result<Namespace> from(UniqueFd fd, const std::string& path);

  UniqueFd fd_;
  uint64_t inode_ = 0;
};

}  // namespace kata::netlink
