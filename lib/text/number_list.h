// Lists of numbers as Linux writes processors and memory nodes: "0-3,8". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

namespace kata {

// Nothing when it is no such list, or when a number in it is above `most`: a range would be as long as somebody likes.
// White space at the ends is no matter; an empty list has no numbers.
std::optional<std::set<uint32_t>> parse_number_list(std::string_view text, uint32_t most = 8191);

}  // namespace kata
