// The ports on which the guest's agent listens, on its channel (vsock, or a virtio-serial port with lib/mux): the
// defaults of both sides. https://github.com/kata-containers/kata-containers, src/agent/README.md
#pragma once

#include <cstdint>

namespace kata::agent_port {

inline constexpr uint32_t kApi = 1024;           // ttrpc, agent.proto
inline constexpr uint32_t kLog = 1025;           // the agent's log as lines of JSON
inline constexpr uint32_t kDebugConsole = 1026;  // a shell, where the configuration asks for one

}  // namespace kata::agent_port
