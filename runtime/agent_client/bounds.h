// How much of an answer of the agent's is taken: a guest that somebody has taken over makes lists as long as a message
// may be, and each item costs the host several times what it costs the guest. Pure.
#pragma once

#include <cstddef>

#include "lib/proto/agent.pb.h"

namespace kata {

// More processors, devices or interfaces than a guest of ours has.
inline constexpr size_t kMostItems = 1024;

// What is beyond is left out.
void bound(grpc::StatsContainerResponse& stats);

}  // namespace kata
