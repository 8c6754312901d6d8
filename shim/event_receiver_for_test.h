// containerd's end of the events, for tests: keeps what comes.
#pragma once

#include <vector>

#include "lib/base/mutex.h"
#include "lib/proto/events.ttrpc.h"

namespace kata::shim {

// Thread-safe.
class EventReceiver : public ::containerd::services::events::ttrpc::v1::EventsService {
 public:
  using Envelope = ::containerd::services::events::ttrpc::v1::Envelope;

  Result<google::protobuf::Empty> forward(
      const ttrpc::Context& /*context*/,
      const ::containerd::services::events::ttrpc::v1::ForwardRequest& request) override {
    MutexLock lock(mutex_);
    if (refusals_ > 0) {
      --refusals_;
      return Error::make(Code::kUnavailable, "not now");
    }
    got_.push_back(request.envelope());
    changed_.notify_all();
    return google::protobuf::Empty();
  }

  void refuse(int times) {
    MutexLock lock(mutex_);
    refusals_ = times;
  }
  void wait_for(size_t count) {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return got_.size() >= count; });
  }
  std::vector<Envelope> got() {
    MutexLock lock(mutex_);
    return got_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<Envelope> got_ GUARDED_BY(mutex_);
  int refusals_ GUARDED_BY(mutex_) = 0;
};

}  // namespace kata::shim
