// JSON that we only write: small objects, by hand, without a library in the idle shim.
#pragma once

#include <concepts>
#include <map>
#include <string>
#include <string_view>

namespace kata {

// With quotes. Bytes that are no ASCII pass through.
std::string json_string(std::string_view text);

// {"key": value, …} in the order added.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value) { return raw(key, json_string(value)); }
  template <std::integral T>
  JsonObject& number(std::string_view key, T value) {
    return raw(key, std::to_string(value));
  }
  JsonObject& map(std::string_view key, const std::map<std::string, std::string>& values);
  JsonObject& raw(std::string_view key, std::string_view json);
  std::string str() const { return body_ + "}"; }

 private:
  std::string body_ = "{";
};

// With one decimal; nothing below 0.
std::string json_milliseconds(double value);

}  // namespace kata
