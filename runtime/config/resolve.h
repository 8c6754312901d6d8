// The last step: replaces "0" and "" by what they stand for, and checks what spans several keys.
#pragma once

#include "lib/base/result.h"
#include "runtime/config/config.h"

namespace kata::config {

// Idempotent. What it had to change against the user's words becomes a warning.
Result<> resolve(Config& config);

// A warning when the configuration lets an annotation choose a file, or an argument of a program: what
// enable_annotations and the valid_* patterns allow together.
Result<> warn_of_open_annotations(Config& config);

}  // namespace kata::config
