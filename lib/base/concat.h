// Builds a string from strings and numbers, without streams or locales.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace kata {

namespace detail {
inline void append(std::string& out, std::string_view text) { out.append(text); }
inline void append(std::string& out, char c) { out.push_back(c); }
template <std::same_as<bool> T>  // a template, so that a pointer does not become true
void append(std::string& out, T value) {
  out.append(value ? "true" : "false");
}
template <std::integral T>
requires(!std::same_as<T, bool> && !std::same_as<T, char>) void append(std::string& out, T value) {
  out.append(std::to_string(value));
}
}  // namespace detail

template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

}  // namespace kata
