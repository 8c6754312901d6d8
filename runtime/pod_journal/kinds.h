// All kinds of entries that a pod's journal has. Whoever opens or replays one brings this list along.
#pragma once

#include "runtime/journal/journal.h"

namespace kata {

// A new kind is defined by its owner and has one line here.
journal::Kinds journal_kinds();

}  // namespace kata
