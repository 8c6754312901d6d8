// Several things are tried, whatever becomes of each, and the first error is what is said.
#pragma once

#include <utility>

#include "lib/base/result.h"

namespace kata::network {

inline void keep_first(Result<>& outcome, Result<> next) {
  if (outcome.ok()) outcome = std::move(next);
}

}  // namespace kata::network
