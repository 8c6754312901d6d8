// The specification's names of the processors that a system call filter can tell apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kata::agent {

// libseccomp's token, which is the kernel's AUDIT_ARCH_* (audit(7)) but for x32. Nothing for a name that is unknown.
std::optional<uint32_t> seccomp_architecture(std::string_view name);

}  // namespace kata::agent
