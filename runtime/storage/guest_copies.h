// Where no directory is shared with the guest, its volumes are copies, made through the agent.
//
// A copy is of the moment when the container is made. Volumes that Kubernetes updates are followed: each change of the
// volume's directory on the host copies it again, links last, so that the swap of "..data" is as atomic in the guest.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/proto/agent.pb.h"
#include "lib/sys/thread.h"

namespace kata::storage {

// Bytes of one container's copies: they are in the guest's memory.
inline constexpr uint64_t kMostCopied = 64U << 20U;

// Of a container in the guest; the agent removes it with the container.
std::string copies_directory(const std::string& container);
std::string copy_path(const std::string& container, const std::string& name);

// The agent's CopyFile.
using SendFile = std::function<Result<>(const grpc::CopyFileRequest& request)>;

// Copies a file, link or tree of the host. What is neither file, directory nor link is left out. `budget` is what may
// still be copied and is lowered; kResourceExhausted when it does not do.
Result<> copy_to_guest(const std::string& source, const std::string& target, const SendFile& send, uint64_t& budget);

// The copies of one container. One thread at a time; it has a thread of its own while it follows.
class GuestCopies {
 public:
  explicit GuestCopies(SendFile send) : send_(std::move(send)) {}
  ~GuestCopies();
  GuestCopies(const GuestCopies&) = delete;
  GuestCopies& operator=(const GuestCopies&) = delete;

  // Copies now. One that is `updated` will be followed: no change from now on is missed. Not after follow().
  Result<> add(const std::string& source, const std::string& target, bool updated);
  bool follows_any() const { return !followed_.empty(); }
  // Copies again what changes, until the destructor. Errors are logged.
  Result<> follow();

 private:
  struct Followed {
    std::string source, target;
    UniqueFd changes;
  };
  void run();

  SendFile send_;
  uint64_t budget_ = kMostCopied;
  std::vector<Followed> followed_;
  UniqueFd stop_;
  sys::Thread thread_;
};

}  // namespace kata::storage
