// The virtio-serial port that carries the agent channel.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

inline constexpr const char* kAgentPort = "org.katacontainers.agent.0";

// "/dev/vport0p1" for the port of that name below `sys_class` (/sys/class/virtio-ports); empty: none yet.
std::string find_virtio_port(const std::string& sys_class, std::string_view name);

// Waits until the port appears. Ends with kCancelled when `stop_fd` becomes readable.
Result<std::string> wait_for_virtio_port(std::string_view name, int stop_fd);

// Waits until the host has opened its end of the port; reading before that looks like the end of the
// stream. kCancelled as above.
Result<> wait_for_host(int port, int stop_fd);

}  // namespace kata::agent
