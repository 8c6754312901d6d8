#include "hypervisor/qemu/migration.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lib/base/concat.h"

namespace kata::hypervisor {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kName = "state";  // of the descriptor, in QEMU

// "events" are what is waited for.
Result<> prepare(Qmp& qmp, int file, milliseconds timeout) {
  json capabilities = json::array();
  for (const auto* name : {"events", "x-ignore-shared"})
    capabilities.push_back({{"capability", name}, {"state", true}});
  TRY(qmp.execute("migrate-set-capabilities", timeout, json{{"capabilities", capabilities}}.dump()));
  TRY(qmp.execute_with_fd("getfd", file, timeout, json{{"fdname", kName}}.dump()));
  return {};
}

std::string text_in(const std::string& data, const char* key) {
  auto value = json::parse(data, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object() || !value.contains(key) || !value[key].is_string()) return {};
  return value[key];
}

Error why_failed(Qmp& qmp, milliseconds timeout) {
  auto details = qmp.execute("query-migrate", timeout);
  auto words = details ? text_in(*details, "error-desc") : std::string();
  return Error::make(Code::kInternal,
                     concat("QEMU's migration failed: ", words.empty() ? "it does not say why" : words));
}

Result<> run(Qmp& qmp, std::string_view command, milliseconds timeout) {
  Qmp::Events events(qmp, "MIGRATION");
  TRY(qmp.execute(command, timeout, json{{"uri", concat("fd:", kName)}}.dump()));
  for (auto end = steady_clock::now() + timeout;;) {
    auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    auto event = left.count() > 0 ? TRY(events.next(left)) : std::nullopt;
    if (!event) break;
    auto status = text_in(event->data, "status");
    if (status == "completed") return {};
    if (status == "failed" || status == "cancelled") return why_failed(qmp, timeout);
  }
  return Error::make(Code::kDeadlineExceeded, concat("QEMU's migration did not end within ", timeout.count(), " ms"));
}

}  // namespace

Result<> save_state(Qmp& qmp, int file, milliseconds timeout) {
  TRY(qmp.execute("stop", timeout));
  TRY(prepare(qmp, file, timeout));
  return run(qmp, "migrate", timeout);
}

Result<> load_state(Qmp& qmp, int file, milliseconds timeout) {
  TRY(prepare(qmp, file, timeout));
  return run(qmp, "migrate-incoming", timeout);
}

}  // namespace kata::hypervisor
