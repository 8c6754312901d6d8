// A container's last words: the file of the host that Kubernetes shows as the reason of its end
// (terminationMessagePath). Where nothing is shared with the guest the container writes to a copy, from which they are
// brought back.
#pragma once

#include <map>
#include <string>

#include "lib/proto/oci.pb.h"
#include "lib/sys/mount_namespace.h"
#include "runtime/agent_client/agent_client.h"

namespace kata {

// The file on the host; empty: the container has none that it may write to.
std::string termination_log_of(const grpc::Spec& spec, const std::map<std::string, std::string>& annotations);

// Of a container that has ended and is still in the guest, into the file at `path`, which `engine` (null: this process)
// sees. Whatever fails is logged: the container's end is news without it, too.
void bring_back_termination_log(AgentClient& agent, const std::string& container, const std::string& path,
                                const sys::MountNamespace* engine);

}  // namespace kata
