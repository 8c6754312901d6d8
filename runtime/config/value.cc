#include "runtime/config/value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "lib/base/concat.h"

namespace kata::config {

namespace {

Error invalid(std::string what) { return Error::make(Code::kInvalidArgument, std::move(what)); }

template <typename T>
Result<Value> number(std::string_view text, std::string_view expected) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return invalid(concat("expected ", expected, ", found \"", text, "\""));
  }
  return Value{value};
}

Result<Value> boolean(std::string_view text) {
  for (std::string_view word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return Value{true};
  }
  for (std::string_view word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return Value{false};
  }
  return invalid(concat("expected true or false, found \"", text, "\""));
}

Strings split(std::string_view text, char separator) {
  Strings parts;
  while (!text.empty()) {
    auto end = std::min(text.find(separator), text.size());
    auto part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string quote(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\u00").append({kHex[byte >> 4U], kHex[byte & 15U]});
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

std::string number_text(double value) {
  std::array<char, 64> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

template <typename T>
Result<> assign_unsigned(T* target, int64_t value) {
  if (value < 0 || static_cast<uint64_t>(value) > std::numeric_limits<T>::max()) {
    return invalid(concat("expected an integer from 0 to ", std::numeric_limits<T>::max(), ", found ", value));
  }
  *target = static_cast<T>(value);
  return {};
}

struct Assign {
  const Value& value;

  Result<> operator()(std::monostate) const { return {}; }
  Result<> operator()(uint32_t* target) const { return assign_unsigned(target, std::get<int64_t>(value)); }
  Result<> operator()(uint64_t* target) const { return assign_unsigned(target, std::get<int64_t>(value)); }
  Result<> operator()(const Chosen& target) const {
    const auto& word = std::get<std::string>(value);
    for (const auto& choice : target.choices) {
      if (choice.word != word) continue;
      *target.value = choice.value;
      return {};
    }
    return invalid(concat("\"", word, "\" is not one of the words that are known"));
  }
  template <typename T>
  Result<> operator()(T* target) const {
    *target = std::get<T>(value);
    return {};
  }
};

struct Current {
  Value operator()(std::monostate) const { return {}; }
  Value operator()(uint32_t* target) const { return int64_t{*target}; }
  Value operator()(uint64_t* target) const { return static_cast<int64_t>(*target); }
  Value operator()(const Chosen& target) const {
    for (const auto& choice : target.choices) {
      if (choice.value == *target.value) return std::string(choice.word);
    }
    return std::string();
  }
  template <typename T>
  Value operator()(T* target) const {
    return *target;
  }
};

}  // namespace

std::string_view type_name(const Value& value) {
  static constexpr std::array kNames = {"something else", "a boolean", "an integer",
                                        "a number",       "a string",  "an array of strings"};
  return kNames.at(value.index());
}

Result<Value> convert(const Value& value, const Value& wanted) {
  if (value.index() == wanted.index()) return value;
  const auto* integer = std::get_if<int64_t>(&value);
  if (integer != nullptr && std::holds_alternative<double>(wanted)) return Value{static_cast<double>(*integer)};
  return invalid(concat("expected ", type_name(wanted), ", found ", type_name(value)));
}

Result<Value> parse(std::string_view text, const Value& wanted, char separator) {
  if (std::holds_alternative<bool>(wanted)) return boolean(text);
  if (std::holds_alternative<int64_t>(wanted)) return number<int64_t>(text, "an integer");
  if (std::holds_alternative<double>(wanted)) return number<double>(text, "a number");
  if (std::holds_alternative<Strings>(wanted)) return Value{split(text, separator)};
  return Value{std::string(text)};
}

Result<Value> parse_mebibytes(std::string_view text) {
  auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  auto value = TRY((number<int64_t>(text.substr(0, digits), "a size such as 512 or 2 GiB")));
  auto unit = text.substr(digits);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  auto count = std::get<int64_t>(value);
  if (count > int64_t{1} << 40U) return invalid(concat("\"", text, "\" is more memory than there is"));
  if (unit.empty() || unit == "Mi" || unit == "MiB") return value;
  if (unit == "Gi" || unit == "GiB") return Value{count * 1024};
  return invalid(concat("expected a size such as 512 or 2 GiB, found \"", text, "\""));
}

Result<> assign(const Target& target, const Value& value) { return std::visit(Assign{value}, target); }

Value current(const Target& target) { return std::visit(Current{}, target); }

std::string to_toml(const Value& value) {
  struct Write {
    std::string operator()(std::monostate) const { return "[]"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return number_text(value); }
    std::string operator()(const std::string& value) const { return quote(value); }
    std::string operator()(const Strings& values) const {
      std::string out = "[";
      for (const auto& value : values) out.append(out.size() > 1 ? ", " : "").append(quote(value));
      return out + "]";
    }
  };
  return std::visit(Write{}, value);
}

}  // namespace kata::config
