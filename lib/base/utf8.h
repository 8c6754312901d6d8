// UTF-8 (RFC 3629): no over-long forms, no surrogates, nothing beyond U+10FFFF. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace kata {

// U+FFFD: what stands for a byte that belongs to no character.
inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// The length of the character at the front of `text`, which is not empty; 0 when there is none.
size_t utf8_length(std::string_view text);

}  // namespace kata
