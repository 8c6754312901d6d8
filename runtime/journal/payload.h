// What payloads are made of: words with a space between them, paths percent-encoded. For the owners of kinds. Pure.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/journal/journal.h"

namespace kata::journal {

// A text as one word: spaces, control characters, '%' and whatever is not ASCII become "%xx".
std::string encode(std::string_view text);
// Nothing for a bad escape, or one of a NUL.
std::optional<std::string> decode(std::string_view word);

// A whole decimal number, and nothing else.
template <typename T>
std::optional<T> parse_number(std::string_view word) {
  T value{};
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return {};
  return value;
}

// Whether it is an absolute path that the kernel takes, without "." or ".." or an empty part.
bool is_plain_path(const std::string& path);
// Whether it is a plain path and one of the roots, or below one.
bool is_below(const std::string& path, const Roots& roots);

// A payload that is one path below the roots. Nothing: it is none.
std::optional<std::string> parse_path(std::string_view payload, const Roots& roots);

}  // namespace kata::journal
