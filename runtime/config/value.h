// The values of configuration keys: read from TOML or from an annotation's text, and put into Config.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"

namespace kata::config {

using Strings = std::vector<std::string>;

// monostate: something of another shape (a table, a date, an array of numbers).
using Value = std::variant<std::monostate, bool, int64_t, double, std::string, Strings>;

// A word that a key may have, and the value of the enumeration that it stands for. The first word of a value is the one
// that is shown.
struct Choice {
  std::string_view word;
  unsigned char value = 0;
};
// A member of Config whose type is an enumeration over unsigned char.
struct Chosen {
  unsigned char* value = nullptr;
  std::span<const Choice> choices;
};

// The member of Config that a key fills; monostate when nothing uses the key yet.
using Target = std::variant<std::monostate, bool*, uint32_t*, uint64_t*, double*, std::string*, Strings*, Chosen>;

// "a boolean", "an integer", …
std::string_view type_name(const Value& value);

// `value` in the type of `wanted`: an integer serves as a number too. Nothing else is converted.
Result<Value> convert(const Value& value, const Value& wanted);

// An annotation's text in the type of `wanted`. Booleans as Go's ParseBool has them; lists are
// separated by `separator`, or an array of JSON.
Result<Value> parse(std::string_view text, const Value& wanted, char separator);

// "512" (already MiB), or bytes with a unit of 1000 or 1024, in any case: "2 GiB", "1.5g", "700M", "1048576k". MiB,
// rounded down.
Result<Value> parse_mebibytes(std::string_view text);

// Nothing, in a value whose type nobody knows: an empty array, an empty text.
bool is_empty(const Value& value);

Result<> assign(const Target& target, const Value& value);
Value current(const Target& target);

// As it stands behind the "=" in a file of TOML.
std::string to_toml(const Value& value);

}  // namespace kata::config
