// Any text, and all kinds of entries: what is read names nothing that is not the pod's, and reads the same when it is
// written again.
#include <cstdint>
#include <string>

#include "lib/base/split.h"
#include "runtime/cgroups/names.h"
#include "runtime/journal/payload.h"
#include "runtime/pod_journal/kinds.h"
#include "runtime/systemd/scope.h"

namespace {

using kata::take;
using kata::journal::decode;
using kata::journal::Entry;
using kata::journal::is_below;
using kata::journal::is_plain_path;

// Written without what the kinds themselves use to tell.
bool is_sound(const Entry& entry) {
  std::string_view payload = entry.payload;
  const auto kind = entry.kind->name;
  if (kind == "process") return std::stoll(std::string(take(payload, ' '))) > 1;
  if (kind == "unit") return kata::systemd::is_scope_name(decode(payload).value());
  if (kind == "cgroup") {
    take(payload, ' ');
    auto path = decode(payload).value();
    return is_plain_path(path) && kata::cgroups::is_ours(path);
  }
  if (kind == "network") {
    take(payload, ' ');
    bool has_index = std::stoll(std::string(take(payload, ' '))) > 0;
    constexpr std::string_view kOpened = "opened ";
    if (payload.starts_with(kOpened)) payload.remove_prefix(kOpened.size());
    return has_index && is_plain_path(decode(payload).value());
  }
  return is_below(decode(payload).value(), {"/run/kata"});
}

bool same(const Entry& a, const Entry& b) { return a.number == b.number && a.kind == b.kind && a.payload == b.payload; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto& entry : kata::journal::parse(text, kata::journal_kinds(), {"/run/kata"}).entries) {
    if (!is_sound(entry)) __builtin_trap();
    auto again = kata::journal::parse(kata::journal::to_line(entry), kata::journal_kinds(), {"/run/kata"});
    if (again.entries.size() != 1 || !same(again.entries.front(), entry)) __builtin_trap();
  }
  return 0;
}
