// Somebody without root, and the user namespace in which he has a root's rights. Not in a program that is linked
// statically: the C library looks for names in what it loads.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/user_namespace.h"

namespace kata::users {

// The caller's user is root there, and the ids that /etc/subuid and /etc/subgid give to it are the others, if
// newuidmap(1) and newgidmap(1) are installed. Without either nobody else exists there, and `alone` says why.
struct OwnNamespace {
  UniqueFd fd;
  std::string alone;
};
Result<OwnNamespace> make_own_user_namespace();

// Who has started this, as the namespace above knows him: a name, or else a number. Thread-safe.
std::string user_above();

}  // namespace kata::users
