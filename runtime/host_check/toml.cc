#include <array>
#include <cstdio>

#include "lib/base/concat.h"
#include "runtime/host_check/environment.h"

namespace kata::host_check {

namespace {

// A basic string: https://toml.io/en/v1.0.0#string
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned char>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Print {
  std::string operator()(const std::string& text) const { return quoted(text); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::vector<std::string>& list) const {
    std::string out = "[";
    for (const auto& text : list) out += concat(out.size() > 1 ? ", " : "", quoted(text));
    return out + "]";
  }
  std::string operator()(const Table& /*table*/) const { return {}; }
};

void print(const Table& table, const std::string& prefix, std::string& out) {
  for (const auto& entry : table) {
    if (!std::holds_alternative<Table>(entry.value))
      out += concat(entry.name, " = ", std::visit(Print{}, entry.value), "\n");
  }
  for (const auto& entry : table) {
    const auto* inner = std::get_if<Table>(&entry.value);
    if (inner == nullptr) continue;
    auto name = prefix.empty() ? entry.name : concat(prefix, ".", entry.name);
    out += concat(out.empty() ? "" : "\n", "[", name, "]\n");
    print(*inner, name, out);
  }
}

}  // namespace

std::string to_toml(const Table& table) {
  std::string out;
  print(table, {}, out);
  return out;
}

}  // namespace kata::host_check
