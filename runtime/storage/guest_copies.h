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
#include "runtime/storage/container_storage.h"

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

class GuestCopies {
 public:
  // Copies every volume of the plan before it returns, and follows those that are updated until the destructor.
  static Result<std::unique_ptr<GuestCopies>> start(const Plan& plan, SendFile send);
  ~GuestCopies();
  GuestCopies(const GuestCopies&) = delete;
  GuestCopies& operator=(const GuestCopies&) = delete;

 private:
  struct Followed {
    std::string source, target;
    UniqueFd changes;
  };

  explicit GuestCopies(SendFile send) : send_(std::move(send)) {}
  void follow();

  SendFile send_;
  std::vector<Followed> followed_;
  UniqueFd stop_;
  sys::Thread thread_;
};

}  // namespace kata::storage
