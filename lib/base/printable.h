// Text from somebody who is not trusted (a guest, a container), made fit for a terminal, a log and a message. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kata {

// Control characters (C0 with line ends, DEL, C1) and bytes that are no UTF-8 as \xNN; so nothing moves a cursor,
// colours or forges a line. At most `most` bytes, the mark of the cut ("…") included.
std::string printable(std::string_view text, size_t most);

// As much of it as a message of an error quotes.
inline constexpr size_t kQuotedBytes = 1024;

}  // namespace kata
