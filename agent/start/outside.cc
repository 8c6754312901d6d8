#include "agent/start/outside.h"

#include <string_view>

#include "lib/sys/file.h"

namespace kata::agent {

bool is_first_of_machine(pid_t own_pid, const std::string& proc) {
  // The kernel's number of the first PID namespace (PROC_PID_INIT_INO). A guest that has just begun has no /proc yet.
  constexpr std::string_view kFirst = "pid:[4026531836]";
  auto own = sys::read_link(proc + "/self/ns/pid");
  return own_pid == 1 && (!own || *own == kFirst);
}

Options options_outside(const std::string& cgroup_root) {
  Options options;
  bool v2 = sys::exists(cgroup_root + "/cgroup.controllers");
  options.cgroup_root = v2 ? cgroup_root : cgroup_root + "/unified";
  return options;
}

Result<> start_outside(Channels& channels, const char* address) {
  constexpr std::string_view kUnixPrefix = "unix://";
  if (address == nullptr || !std::string_view(address).starts_with(kUnixPrefix)) {
    return Error::make(Code::kFailedPrecondition, "kata-agent is the first process of a guest")
        .hint("set KATA_AGENT_SERVER_ADDR=unix:///path/of/socket for a test outside of a machine");
  }
  return channels.start_unix(address + kUnixPrefix.size());
}

}  // namespace kata::agent
