// Texts in pieces. What is returned points into `text`. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace kata {

// What is between any of `separators`, in order, without empty pieces: words of a line, parts of a list.
std::vector<std::string_view> split(std::string_view text, std::string_view separators = " \t");

// The lines, empty ones too, without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

// What is before the first `separator`, or all of it; `text` becomes what is behind it.
std::string_view take(std::string_view& text, char separator);

}  // namespace kata
