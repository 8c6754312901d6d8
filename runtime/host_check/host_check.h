// Whether this host can run what is configured: what `kata-runtime check` prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.h"

namespace kata::host_check {

using Verdict = hypervisor::Verdict;
using Item = hypervisor::Finding;
std::string_view verdict_name(Verdict verdict);  // "ok", "note", "warning", "error"

// What every hypervisor needs, and what the configured one does. Looks, starts nothing but its binary, to ask for the
// version; changes nothing.
std::vector<Item> check_host(const config::Config& config);

bool has(const std::vector<Item>& items, Verdict verdict);

// What a hypervisor has to look at of a configuration: files and its own settings.
hypervisor::VmConfig machine_files(const config::Hypervisor& config);

}  // namespace kata::host_check
