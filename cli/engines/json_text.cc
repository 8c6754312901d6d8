#include "cli/engines/json_text.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/text/json.h"

namespace kata::cli::engines {

namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kUsualIndent = "  ";

// Where an object's parts are in a text that is known to be JSON.
struct Span {
  size_t open = 0;                        // of its "{"
  size_t first = 0;                       // of the first member; where it has none, of the "}"
  size_t last = 0;                        // behind the last member; where it has none, behind the "{"
  size_t inner = std::string_view::npos;  // of the value of the last member with the wanted key
};

size_t skip_space(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(kSpace, at), text.size());
}

size_t skip_string(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind a value, whatever it is.
size_t skip_value(std::string_view text, size_t at) {
  size_t depth = 0;
  while (at < text.size()) {
    char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth <= 1) return depth == 0 ? at : at + 1;
      --depth;
    }
    if (depth == 0 && (c == ',' || kSpace.find(c) != std::string_view::npos)) return at;
    ++at;
  }
  return at;
}

bool is_key(std::string_view quoted, const std::string& wanted) {
  auto value = oci::parse_text(quoted);
  const auto* text = value ? value->as<std::string>() : nullptr;
  return text != nullptr && *text == wanted;
}

Span span_of(std::string_view text, size_t open, const std::string& wanted) {
  Span span{open, skip_space(text, open + 1), open + 1};
  for (auto at = span.first; at < text.size() && text[at] == '"';) {
    auto key_end = skip_string(text, at);
    auto value = skip_space(text, skip_space(text, key_end) + 1);  // behind the colon
    if (is_key(text.substr(at, key_end - at), wanted)) span.inner = value;
    span.last = skip_value(text, value);
    at = skip_space(text, span.last);
    if (at < text.size() && text[at] == ',') at = skip_space(text, at + 1);
  }
  return span;
}

// The space between the last line's end before `at` and there; all of it must be space.
std::string_view indent_at(std::string_view text, size_t at) {
  auto line = text.substr(0, at).rfind('\n');
  line = line == std::string_view::npos ? 0 : line + 1;
  auto indent = text.substr(line, at - line);
  return indent.substr(0, std::min(indent.find_first_not_of(" \t"), indent.size()));
}

bool is_on_lines(std::string_view text, const Span& span) {
  return text.substr(span.open, span.first - span.open).find('\n') != std::string_view::npos;
}

void write(JsonWriter& json, const oci::Value& value) {
  if (const auto* object = value.as<oci::Value::Object>()) {
    json.begin_object();
    for (const auto& member : *object) write(json.key(member.key), member.value);
    json.end_object();
  } else if (const auto* text = value.as<std::string>()) {
    json.value(*text);
  } else {
    json.raw(oci::to_text(value));
  }
}

// The writer's two spaces become `unit`, behind `indent` on every line but the first.
std::string indented(const oci::Value& value, std::string_view indent, std::string_view unit) {
  JsonWriter json;
  write(json, value);
  std::string out;
  for (auto line : lines_of(json.text())) {
    auto depth = std::min(line.find_first_not_of(' '), line.size()) / kUsualIndent.size();
    if (!out.empty()) out += concat("\n", indent);
    for (size_t i = 0; i < depth; ++i) out += unit;
    out += line.substr(depth * kUsualIndent.size());
  }
  return out;
}

std::string on_one_line(const oci::Value& value) {
  if (const auto* text = value.as<std::string>()) return json_string(*text);
  const auto* object = value.as<oci::Value::Object>();
  if (object == nullptr) return oci::to_text(value);
  std::string out;
  for (const auto& [key, inner] : *object) {
    out += concat(out.empty() ? "" : ", ", json_string(key), ": ", on_one_line(inner));
  }
  return concat("{", out, "}");
}

// A member more behind the last one. `unit`: what a level is indented by.
std::string inserted(std::string_view text, const Span& span, const std::string& key, const oci::Value& value,
                     std::string_view unit) {
  bool empty = span.last == span.open + 1;
  std::string before(text.substr(0, span.last));
  std::string after(text.substr(span.last));
  if (!empty) before += ",";
  if (!empty && !is_on_lines(text, span)) {
    return concat(before, " ", json_string(key), ": ", on_one_line(value), after);
  }
  auto outer = indent_at(text, span.open);
  auto indent = empty ? concat(outer, unit) : std::string(indent_at(text, span.first));
  before += concat("\n", indent, json_string(key), ": ", indented(value, indent, unit));
  if (empty) return concat(before, "\n", outer, text.substr(span.first));
  return before + after;
}

oci::Value object_of(const std::string& key, oci::Value value) { return {oci::Value::Object{{key, std::move(value)}}}; }

oci::Value* member_of(oci::Value& object, const std::string& key) {
  auto& members = *std::get_if<oci::Value::Object>(&object.data);
  auto found = std::find_if(members.rbegin(), members.rend(), [&](const auto& member) { return member.key == key; });
  return found == members.rend() ? nullptr : &found->value;
}

void append(oci::Value& object, const std::string& key, oci::Value value) {
  std::get_if<oci::Value::Object>(&object.data)->push_back({key, std::move(value)});
}

Error not_an_object(const std::string& what) {
  return Error::make(Code::kInvalidArgument, concat(what, " is not an object"));
}

}  // namespace

Result<std::string> with_member(std::string_view text, const std::string& outer, const std::string& name,
                                const oci::Value& value) {
  auto start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  if (skip_space(text, start) == text.size()) {
    return indented(object_of(outer, object_of(name, value)), "", kUsualIndent) + "\n";
  }
  auto meant = TRY(oci::parse_text(text));
  if (meant.as<oci::Value::Object>() == nullptr) return not_an_object("the whole");
  auto root = span_of(text, skip_space(text, start), outer);
  auto unit = is_on_lines(text, root) && root.last != root.open + 1 ? indent_at(text, root.first) : kUsualIndent;
  auto* inner = member_of(meant, outer);
  std::string out;
  if (inner == nullptr) {
    out = inserted(text, root, outer, object_of(name, value), unit);
    append(meant, outer, object_of(name, value));
  } else {
    if (inner->as<oci::Value::Object>() == nullptr) return not_an_object(concat("\"", outer, "\""));
    if (inner->find(name) != nullptr) {
      return Error::make(Code::kAlreadyExists, concat("\"", outer, "\" has \"", name, "\" already"));
    }
    out = inserted(text, span_of(text, root.inner, name), name, value, unit);
    append(*inner, name, value);
  }
  auto said = oci::parse_text(out);
  if (said && oci::to_text(*said) == oci::to_text(meant)) return out;
  return Error::make(Code::kInternal, concat("\"", name, "\" cannot be added to this text"));
}

}  // namespace kata::cli::engines
