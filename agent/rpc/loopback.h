// The guest's side of what is carried between the loopback interfaces of guest and host (lib/loopback).
#pragma once

#include <memory>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/loopback/relay.h"

namespace kata::agent {

// Thread-safe.
class Loopback {
 public:
  // A new relay. The one before ends: its host has gone, or has changed its mind.
  Result<std::shared_ptr<loopback::Relay>> open() EXCLUDES(mutex_);
  // A program was started. Cheap, and nothing without a relay.
  void may_listen_soon() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::weak_ptr<loopback::Relay> relay_ GUARDED_BY(mutex_);
};

// Until the connection (borrowed) ends; on the calling thread.
void carry_loopback(loopback::Relay& relay, int connection);

}  // namespace kata::agent
