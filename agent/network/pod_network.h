// The guest's network as the pod has it on the host, whole.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/netlink/entry.h"
#include "lib/proto/agent.pb.h"

namespace kata::agent::network {

// Thread-safe; one update at a time.
class PodNetwork {
 public:
  // Waits up to `hotplug` for a card that is not there yet. Of what an earlier update made what is not wanted any more
  // goes; what containers made themselves stays. The first error, after everything else was tried.
  Result<grpc::UpdateNetworkResponse> update(const grpc::UpdateNetworkRequest& request,
                                             std::chrono::milliseconds hotplug);

 private:
  Mutex mutex_;
  std::map<netlink::EntryKind, netlink::Entries> made_ GUARDED_BY(mutex_);
};

}  // namespace kata::agent::network
