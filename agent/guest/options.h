// What the kernel command line says to the agent: agent.<key>[=<value>].
// Keys and defaults are upstream's; those that we do not have are ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/proto/ports.h"

namespace kata::agent {

struct Options {
  log::Level log_level = log::Level::kInfo;
  bool debug_console = false;
  uint32_t debug_console_port = agent_port::kDebugConsole;
  uint32_t log_port = agent_port::kLog;
  uint32_t api_port = agent_port::kApi;
  uint32_t stream_port = 1028;  // of OpenStream; upstream's have up to 1027
  std::chrono::seconds hotplug_timeout{3};
  std::string cgroup_root = "/sys/fs/cgroup";  // not from the command line: tests run elsewhere
};

Options parse_options(std::string_view command_line);

}  // namespace kata::agent
