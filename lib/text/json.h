// Writes JSON in the order it is told, indented by two spaces or on one line. For host and guest: the agent and an idle
// shim have no room for a library that does the same (docs/dependencies.md). Reading is lib/oci/value.h's.
//
//   JsonWriter json;
//   json.begin_object().field("id", id).field("pid", 7).end_object();
//
// Whatever bytes a string has, valid JSON comes out. Not thread-safe.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace kata {

// The text between quotes, with them. Control characters (U+007F too, for terminals) are escaped, and each byte that
// belongs to no UTF-8 character becomes U+FFFD. Pure.
std::string json_string(std::string_view text);

// A duration with one decimal; nothing is below 0. Pure.
std::string json_milliseconds(double value);

class JsonWriter {
 public:
  explicit JsonWriter(bool indent = true) : indent_(indent) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& begin_object(std::string_view name) { return key(name).open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& begin_array(std::string_view name) { return key(name).open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& value(std::string_view text) { return raw(json_string(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T number) { return raw(std::to_string(number)); }
  // A value that is JSON already.
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  // An object of texts, from a map of strings.
  template <typename Map>
  JsonWriter& texts(std::string_view name, const Map& map) {
    begin_object(name);
    for (const auto& [key, text] : map) field(key, text);
    return end_object();
  }
  JsonWriter& key(std::string_view name);

  const std::string& text() const { return out_; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  void new_line();

  bool indent_;
  bool after_key_ = false;
  bool empty_ = true;  // nothing in the innermost object or array so far
  size_t depth_ = 0;
  std::string out_;
};

}  // namespace kata
