// The specification's words for how a process is scheduled, where its memory is and what it takes itself for, as the
// kernel's numbers. An unknown word is nothing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace kata::oci {

std::optional<uint32_t> scheduler_policy(std::string_view name);     // SCHED_FIFO, …
std::optional<uint64_t> scheduler_flag(std::string_view name);       // SCHED_FLAG_RESET_ON_FORK, …
std::optional<int> io_class(std::string_view name);                  // IOPRIO_CLASS_BE, …
std::optional<unsigned long> personality_of(std::string_view name);  // LINUX, LINUX32
std::optional<int> memory_mode(std::string_view name);               // MPOL_BIND, …
std::optional<int> memory_flag(std::string_view name);               // MPOL_F_STATIC_NODES, …

// For `features`.
std::vector<std::string> memory_mode_names();
std::vector<std::string> memory_flag_names();

// "0-3,7": a bit for each of the 64 first nodes. Anything else is kInvalidArgument.
Result<uint64_t> parse_nodes(std::string_view text);

}  // namespace kata::oci
