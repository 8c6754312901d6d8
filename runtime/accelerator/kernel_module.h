// The modules that the running kernel has, loaded or not. modprobe(8), /lib/modules/RELEASE/modules.dep
#pragma once

#include <string>
#include <string_view>

namespace kata::accelerator {

// Whether `list`, the text of a modules.dep, has the module. The kernel takes "-" and "_" in names for the same.
bool lists_module(std::string_view list, std::string_view module);

// What to try where `module` is not loaded: to load it, or, where this kernel does not have it, another kernel. Where
// nothing is known of its modules (a container, a kernel without any), both.
std::string how_to_load(const std::string& module);

}  // namespace kata::accelerator
