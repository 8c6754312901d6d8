// Whether this build carries the address sanitizer, whose run-time has memory, stacks and system calls of its own: for
// the few tests that measure those.
#pragma once

namespace kata {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace kata
