// Protobuf's time stamps.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <chrono>

namespace kata::shim {

inline void set_time(google::protobuf::Timestamp& stamp, std::chrono::system_clock::time_point when) {
  auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  stamp.set_seconds(nanos / kNanosPerSecond);
  stamp.set_nanos(static_cast<int32_t>(nanos % kNanosPerSecond));
}

inline void set_now(google::protobuf::Timestamp& stamp) { set_time(stamp, std::chrono::system_clock::now()); }

}  // namespace kata::shim
