// User namespaces: those that nobody lives in, which map the ids of an id-mapped mount, and the one in which somebody
// without root has its rights. user_namespaces(7), mount_setattr(2)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

// One that is new, with a process that does nothing, as a namespace begins with one. It goes with this object, unless
// somebody is there by then, or has the descriptor.
class NewUserNamespace {
 public:
  static Result<NewUserNamespace> start();
  ~NewUserNamespace();
  NewUserNamespace(NewUserNamespace&& other) noexcept;
  NewUserNamespace& operator=(NewUserNamespace&&) = delete;

  pid_t pid() const { return pid_; }
  std::string file(std::string_view name) const;  // of /proc/<pid>: "uid_map", to be written once
  Result<UniqueFd> open() const;

 private:
  explicit NewUserNamespace(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

// `uids` and `gids` as in /proc/<pid>/uid_map. Any thread; its own ids stay what they are.
Result<UniqueFd> make_user_namespace(const std::string& uids, const std::string& gids);

// The process, which must have no other thread, goes there and has every capability in it. Not for a way back.
Result<> enter_user_namespace(int fd);

// The ids that exist in the namespace of this process.
struct MappedIds {
  uint32_t inside = 0;
  uint32_t outside = 0;  // what they are in the namespace above
  uint64_t count = 0;
};
Result<std::vector<MappedIds>> mapped_users();
Result<std::vector<MappedIds>> mapped_groups();

// Whether a file of this process' can belong to anybody but root.
Result<bool> knows_other_users();
// Whether 0 is the host's root, and not that of a user namespace; false when nobody can say.
bool is_host_with_root();

}  // namespace kata::sys
