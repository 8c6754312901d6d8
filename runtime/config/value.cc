#include "runtime/config/value.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "lib/base/concat.h"
#include "lib/oci/value.h"
#include "lib/text/json.h"

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

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Strings split(std::string_view text, char separator) {
  Strings parts;
  while (!text.empty()) {
    auto end = std::min(text.find(separator), text.size());
    auto part = trim(text.substr(0, end));
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// Go's runtime takes some lists as an array of JSON.
Result<Value> json_strings(std::string_view text) {
  auto parsed = oci::parse_text(text);
  const auto* array = parsed ? parsed->as<oci::Value::Array>() : nullptr;
  Strings strings;
  for (size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const auto* one = (*array)[i].as<std::string>();
    if (one == nullptr) return invalid(concat("expected an array of strings, found \"", text, "\""));
    strings.push_back(*one);
  }
  if (array == nullptr) return invalid(concat("expected an array of strings, found \"", text, "\""));
  return Value{std::move(strings)};
}

std::string number_text(double value) {
  std::array<char, 64> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

// The unit's letters behind a number: "", "k", "KB", "kib", … give the bytes that it stands for; 0: no unit.
double unit_bytes(std::string_view unit) {
  constexpr std::string_view kPrefixes = "kmgtpe";
  std::string letters;
  for (char c : unit) letters.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  if (letters == "b") return 1;
  auto power = letters.empty() ? std::string_view::npos : kPrefixes.find(letters[0]);
  if (power == std::string_view::npos) return 0;
  auto rest = std::string_view(letters).substr(1);
  if (rest == "i" || rest == "ib") return std::pow(1024, power + 1);
  return rest.empty() || rest == "b" ? std::pow(1000, power + 1) : 0;
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
  if (std::holds_alternative<Strings>(wanted)) {
    return trim(text).starts_with('[') ? json_strings(text) : Result<Value>(Value{split(text, separator)});
  }
  return Value{std::string(text)};
}

Result<Value> parse_mebibytes(std::string_view text) {
  constexpr std::string_view kExpected = "a size such as 512, 2 GiB or 700M";
  constexpr double kMebibyte = 1U << 20U;
  constexpr double kMost = uint64_t{1} << 60U;
  auto trimmed = trim(text);
  auto digits = std::min(trimmed.find_first_not_of("0123456789."), trimmed.size());
  auto unit = trim(trimmed.substr(digits));
  if (unit.empty()) return number<int64_t>(trimmed, kExpected);
  auto count = number<double>(trimmed.substr(0, digits), kExpected);
  auto bytes = unit_bytes(unit);
  if (!count || bytes == 0) return invalid(concat("expected ", kExpected, ", found \"", text, "\""));
  auto size = std::get<double>(*count) * bytes;
  if (size > kMost) return invalid(concat("\"", text, "\" is more memory than there is"));
  if (size > 0 && size < kMebibyte) return invalid(concat("\"", text, "\" is less than one MiB"));
  return Value{static_cast<int64_t>(size / kMebibyte)};
}

bool is_empty(const Value& value) {
  if (const auto* list = std::get_if<Strings>(&value)) return list->empty();
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->empty();
}

Result<> assign(const Target& target, const Value& value) { return std::visit(Assign{value}, target); }

Value current(const Target& target) { return std::visit(Current{}, target); }

std::string to_toml(const Value& value) {
  struct Write {
    std::string operator()(std::monostate) const { return "[]"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return number_text(value); }
    // A basic string has the escapes of JSON: https://toml.io/en/v1.0.0#string
    std::string operator()(const std::string& value) const { return json_string(value); }
    std::string operator()(const Strings& values) const {
      std::string out = "[";
      for (const auto& value : values) out.append(out.size() > 1 ? ", " : "").append(json_string(value));
      return out + "]";
    }
  };
  return std::visit(Write{}, value);
}

}  // namespace kata::config
