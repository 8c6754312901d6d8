// Waiting for what the kernel makes in its own time: a device that has been plugged in, a port that gets its name.
#pragma once

#include <chrono>
#include <functional>

#include "lib/base/result.h"

namespace kata::agent {

// Asks `is_there` at once, and again after each of the kernel's device events, until the answer is true. False means
// that `timeout` is over; a negative time-out waits for ever. An error of `is_there` ends the waiting. kCancelled as
// soon as the descriptor `stop` is readable, unless it is -1.
//
// Nothing is missed: the first question is asked when the events are listened to already.
Result<bool> wait_for_device(std::chrono::milliseconds timeout, const std::function<Result<bool>()>& is_there,
                             int stop = -1);

}  // namespace kata::agent
