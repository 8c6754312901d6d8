// A JSON document as a tree, and its text form. The walker (walker.h) moves it to and from messages.
//
// Text may be hostile: its size, depth and number of values are limited. Plain values, no sharing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"

namespace kata::oci {

inline constexpr size_t kMaxText = 4U << 20U;  // bytes; a message to the agent can't be larger either
inline constexpr size_t kMaxDepth = 32;        // the specification needs 7
inline constexpr size_t kMaxValues = 256 * 1024;

struct Member;

struct Value {
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;  // in the order of the text

  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> data;

  bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data);
  }

  // The member of an object, or nothing. The last of two with the same key wins, as in Go.
  const Value* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Value value;
};

// "a string", "the number 1.5": for error messages. Never quotes text of the document.
std::string describe(const Value& value);

// The error says line and column, and not whose text it is.
Result<Value> parse_text(std::string_view text);

// Indented by 4 as runc does. Bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Value& value);

}  // namespace kata::oci
