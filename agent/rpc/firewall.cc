#include "agent/rpc/firewall.h"

#include "agent/rpc/program.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

Result<std::string> find_iptables(bool ipv6, std::string_view action, const std::vector<std::string>& directories) {
  auto name = concat(ipv6 ? "ip6tables-" : "iptables-", action);
  for (const auto& directory : directories) {
    auto path = concat(directory, "/", name);
    if (sys::is_executable(path)) return path;
  }
  return Error::make(Code::kFailedPrecondition, concat("the guest's image has no ", name))
      .hint("use an image with iptables for the guest: image or initrd in the configuration");
}

}  // namespace

std::vector<std::string> firewall_directories() { return {"/usr/sbin", "/sbin", "/usr/bin", "/bin"}; }

Result<std::string> save_firewall(Reaper& reaper, bool ipv6, const std::vector<std::string>& directories) {
  return run_program(reaper, {TRY(find_iptables(ipv6, "save", directories))}, "");
}

Result<std::string> restore_firewall(Reaper& reaper, bool ipv6, std::string_view rules,
                                     const std::vector<std::string>& directories) {
  // Another program may hold the lock of the tables for a moment.
  return run_program(reaper, {TRY(find_iptables(ipv6, "restore", directories)), "--wait", "10"}, rules);
}

}  // namespace kata::agent
