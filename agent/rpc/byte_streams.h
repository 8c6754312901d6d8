// Connections that carry one standard stream each (OpenStream): announced by a call, claimed by a key.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::agent {

// Thread-safe.
class ByteStreams {
 public:
  // Moves the stream's bytes over the connection until the stream's end.
  using Carry = std::function<void(int connection)>;

  // Returns a random key, which one connection may claim.
  Result<uint64_t> announce(Carry carry);
  // Serves a connection that has just been made, until the end of its stream.
  Result<> serve(UniqueFd connection);

 private:
  struct Announced {
    uint64_t key;
    Carry carry;
  };
  Carry claim(uint64_t key);

  Mutex mutex_;
  std::deque<Announced> announced_ GUARDED_BY(mutex_);
};

}  // namespace kata::agent
