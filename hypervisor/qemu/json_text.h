// The arguments of a QMP command as text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kata::hypervisor {

// Text that is not UTF-8 (a path of the host can be anything) gets replacement characters: QEMU refuses it by name.
std::string json_text(const nlohmann::json& value);

}  // namespace kata::hypervisor
