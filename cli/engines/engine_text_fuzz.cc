// An engine's own file, whatever is in it: what comes out of an addition has all that was there, in its bytes' order,
// and the addition, once. A second addition is refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/engines/json_text.h"
#include "cli/engines/toml_text.h"

namespace {

using kata::cli::engines::TomlTable;

// Without one run of bytes, `after` is `before`: so undoing is cutting it out.
void expect_only_added(std::string_view before, std::string_view after) {
  size_t front = 0;
  while (front < before.size() && front < after.size() && before[front] == after[front]) ++front;
  auto rest = before.substr(front);
  if (!after.substr(front).ends_with(rest)) __builtin_trap();
}

void add_to_json(std::string_view text) {
  kata::oci::Value entry{kata::oci::Value::Object{{"path", kata::oci::Value{std::string("/bin/k")}}}};
  auto once = kata::cli::engines::with_member(text, "runtimes", "kata", entry);
  if (!once) {
    if (once.error().is(kata::Code::kInternal)) __builtin_trap();
    return;
  }
  if (text.find_first_not_of(" \t\r\n\xEF\xBB\xBF") != std::string_view::npos && kata::oci::parse_text(text)) {
    auto parsed = kata::oci::parse_text(*once);
    const auto* runtimes = parsed ? parsed->find("runtimes") : nullptr;
    if (runtimes == nullptr || runtimes->find("kata") == nullptr) __builtin_trap();
  }
  if (kata::cli::engines::with_member(*once, "runtimes", "kata", entry)) __builtin_trap();
}

void add_to_toml(std::string_view text) {
  const TomlTable table{{"plugins", "cri", "runtimes", "kata"}, {{"runtime_type", std::string("t")}}};
  if (auto once = kata::cli::engines::with_table(text, "f", table)) {
    expect_only_added(text, *once);
    if (kata::cli::engines::with_table(*once, "f", table)) __builtin_trap();
  }
  if (auto once = kata::cli::engines::with_import(text, "f", "/d/*.toml")) expect_only_added(text, *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  add_to_json(text);
  add_to_toml(text);
  return 0;
}
