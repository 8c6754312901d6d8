// Random numbers of the kernel. Thread-safe.
#pragma once

#include <concepts>
#include <cstddef>

#include "lib/base/result.h"

namespace kata::sys {

Result<> fill_with_random(void* buffer, size_t length);

template <std::unsigned_integral T>
Result<T> random_number() {
  T out{};
  TRY(fill_with_random(&out, sizeof out));
  return out;
}

}  // namespace kata::sys
