// What kata-runtime and a stand-in agree on: the descriptors that it starts with, and the one message that tells it
// whom it stands for. Its arguments are the workload's own, because engines show them.
#pragma once

#include <cstddef>

namespace kata::standin {

// Those that it is not given are closed.
// A socket of messages: an Order, the answer, and a byte that starts the work; its end calls it off.
inline constexpr int kOrders = 3;
inline constexpr int kShim = 4;  // connected to the shim's socket
inline constexpr int kIn = 5;    // the ends of the process's FIFOs, non-blocking
inline constexpr int kOut = 6;
inline constexpr int kErr = 7;
inline constexpr int kMounts = 8;  // the mount namespace to be in; its own otherwise

inline constexpr size_t kOrderName = 256;  // an id has at most 200 characters (lib/oci/id.h)

struct Order {
  char mode = 'p';           // p: pipes; t: a terminal; c: a console (descriptor 0 becomes the controlling terminal)
  bool own_cgroups = false;  // a cgroup namespace, when the work starts: by then it is in the container's group
  char id[kOrderName] = {};
  char exec_id[kOrderName] = {};  // empty: the first process
};

// The answer, when the stand-in needs nothing of the host's files any more: 0, or what went wrong (errno).
using Answer = int;

}  // namespace kata::standin
