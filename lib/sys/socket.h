// Unix and vsock stream sockets. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {

// Paths over the 107 bytes of sun_path are reached through /proc/self/fd. "@name" is a name of the abstract namespace.
// An old socket file is replaced. Its mode is 0600.
Result<UniqueFd> unix_listen(const std::string& path, int backlog = 64);
Result<UniqueFd> unix_connect(const std::string& path);

Result<UniqueFd> vsock_listen(uint32_t port);  // VMADDR_CID_ANY
// The kernel gives a peer that does not answer two seconds (ETIMEDOUT). When one of `stop_events` (borrowed) becomes
// readable first: code kCancelled.
Result<UniqueFd> vsock_connect(uint32_t cid, uint32_t port, std::span<const int> stop_events = {});

// The context id of who is at the other end; kInvalidArgument: it is no vsock.
Result<uint32_t> vsock_peer(int fd);

// Blocks. When another thread shut the listener down: code kCancelled. Over a Unix socket only this process' user and
// root are let in; others find the connection closed.
Result<UniqueFd> accept(int listener);

}  // namespace kata::sys
