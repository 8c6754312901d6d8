// Any text of an annotation is a value of the key's type or an error, and a value can be printed.
#include <cstdint>

#include "runtime/config/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kata::config;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& wanted : {Value(false), Value(int64_t{0}), Value(0.0), Value(std::string()), Value(Strings{})}) {
    auto value = parse(text, wanted, ',');
    if (value && (value->index() != wanted.index() || to_toml(*value).empty())) __builtin_trap();
  }
  auto size_in_mebibytes = parse_mebibytes(text);
  if (size_in_mebibytes && !std::holds_alternative<int64_t>(*size_in_mebibytes)) __builtin_trap();
  return 0;
}
