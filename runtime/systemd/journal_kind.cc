#include "runtime/systemd/journal_kind.h"

#include "runtime/journal/payload.h"
#include "runtime/systemd/scope.h"

namespace kata::systemd {

namespace {

bool is_valid(std::string_view payload, const journal::Roots& /*roots*/) {
  auto name = journal::decode(payload);
  return name && is_scope_name(*name);
}

Result<> undo(std::string_view payload) { return stop_scope(journal::decode(payload).value_or(std::string())); }

}  // namespace

constexpr journal::Kind kScope{.name = "unit", .is_valid = is_valid, .undo = undo};

Result<uint64_t> record_scope(journal::Journal& journal, const std::string& name) {
  return journal.add(kScope, journal::encode(name));
}

}  // namespace kata::systemd
