// Writes JSON in the order it is told, indented by two spaces or on one line.
//
//   JsonWriter json;
//   json.begin_object().field("id", id).field("pid", 7).end_object();
//
// Strings that are not UTF-8 come out with U+FFFD in place of each bad byte. Not thread-safe.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace kata::cli {

class JsonWriter {
 public:
  explicit JsonWriter(bool indent = true) : indent_(indent) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& begin_object(std::string_view name) { return key(name).open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& begin_array(std::string_view name) { return key(name).open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& value(std::string_view text);
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

// The text between quotes, with them.
std::string json_string(std::string_view text);

}  // namespace kata::cli
