// A scope of systemd's that we started, as a kind of journal entries.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "runtime/journal/journal.h"

namespace kata::systemd {

// The payload is the scope's name. Undoing ends what is in it (stop_scope(), which touches only units that we made).
extern const journal::Kind kScope;

Result<uint64_t> record_scope(journal::Journal& journal, const std::string& name);

}  // namespace kata::systemd
