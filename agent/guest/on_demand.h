// What the guest's kernel asks for by itself (request_module), because a container uses something that needs a module:
// it runs this program as /sbin/modprobe, outside of every container. The modules that it may have lie in a directory
// that the host shares (docs/kernel.md), so that a guest which needs none has nothing of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/proto/oci.pb.h"

namespace kata::agent {

// For each release of a kernel a directory: modules, modules.dep, modules.alias, modules.options.
inline constexpr const char* kModuleStore = "/run/kata-containers/shared/containers/.modules";

// The modules that `request` means ("bridge", "rtnl-link-vxlan"): a name in modules.dep, or any number of aliases in
// modules.alias, whose patterns are fnmatch's. `-` and `_` are the same. Nothing: it may not be loaded.
std::vector<std::string> requested_modules(std::string_view aliases, std::string_view dep, std::string_view request);

// modules.options ("options dummy numdummies=0") and then the kernel's command line ("dummy.numdummies=2"), for one.
std::string module_parameters(std::string_view options, std::string_view command_line, std::string_view name);

// kNotFound when the store does not have it, or there is no store. From any thread.
// `parameters` come last.
Result<> load_on_demand(const std::string& request, const std::string& parameters = {},
                        const std::string& store = kModuleStore);

// Loads what iptables of the old kind needs, which no request of the kernel names, for a process that may change the
// network. Nothing happens where the kernel has it, or may not have it.
void load_old_iptables(const grpc::LinuxCapabilities& capabilities);

// From now on the kernel finds this program at /sbin/modprobe. An image that has one there keeps it. Not before the
// guest has booted: what it asks for by the way until then costs nothing as long as nobody answers.
Result<> answer_module_requests();

// As the kernel calls it: "/sbin/modprobe -q -- REQUEST".
bool is_modprobe(int argc, const char* const* argv);
int run_modprobe(int argc, const char* const* argv);

}  // namespace kata::agent
