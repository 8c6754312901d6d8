// Points in time as text. Pure.
#pragma once

#include <chrono>
#include <string>

namespace kata {

// Each is three digits behind the point more than the one before.
enum class Precision { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };

// "2023-11-14T22:13:20.000042Z": RFC 3339, UTC. Uses neither time zones nor
// locales, whose files a guest does not have.
std::string rfc3339(std::chrono::system_clock::time_point when, Precision precision);

}  // namespace kata
