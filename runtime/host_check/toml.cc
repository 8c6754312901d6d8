#include "lib/base/concat.h"
#include "runtime/config/value.h"
#include "runtime/host_check/environment.h"

namespace kata::host_check {

namespace {

struct Print {
  template <typename T>
  std::string operator()(const T& value) const {
    return config::to_toml(config::Value(value));
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
