#include "runtime/sandbox/json_text.h"

#include <algorithm>

namespace kata {

std::string json_string(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += {kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out + "\"";
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  if (body_.size() > 1) body_ += ", ";
  body_ += json_string(key);
  body_ += ": ";
  body_ += json;
  return *this;
}

JsonObject& JsonObject::map(std::string_view key, const std::map<std::string, std::string>& values) {
  JsonObject inner;
  for (const auto& [name, value] : values) inner.text(name, value);
  return raw(key, inner.str());
}

std::string json_milliseconds(double value) {
  auto tenths = std::max<int64_t>(0, static_cast<int64_t>(value * 10 + 0.5));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace kata
