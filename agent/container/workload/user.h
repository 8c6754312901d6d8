// The user that a workload runs as. All numeric: names are resolved by the engine on the host.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// In a process with one thread: the calls are raw, without glibc's synchronisation of threads.
Result<> become_user(const grpc::User& user);  // keeps permitted capabilities
Result<> become_root();                        // of a user namespace that was just entered

// The home directory of `uid` in the text of a passwd file; empty when there is none.
std::string home_in(const std::string& passwd, uid_t uid);
// The same from /etc/passwd; "/" when it says nothing.
std::string home_of(uid_t uid);

}  // namespace kata::agent
