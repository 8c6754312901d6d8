// The session keyring of a container (session-keyring(7)): keys that one of its processes adds are found by the others,
// and by nobody else.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace kata::agent {

// Joins the keyring of that container, in the caller's user namespace, and makes it when it is the first to come: with
// `own_users` (a user namespace of the container's) everybody may find it. A kernel without keys is no error.
Result<> join_session_keyring(const std::string& container_id, bool own_users);

}  // namespace kata::agent
