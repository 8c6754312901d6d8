// Forwards events to containerd (TTRPC_ADDRESS), in order, without ever holding anyone up.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/mutex.h"
#include "lib/proto/events.pb.h"
#include "lib/sys/thread.h"
#include "lib/ttrpc/client.h"

namespace kata::shim {

// Thread-safe. One thread that sends; while containerd restarts, events queue (a bounded number) and are
// tried again.
class Publisher {
 public:
  Publisher(std::string address, std::string name_space);
  ~Publisher();  // sends what is queued for at most a few seconds
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // `topic` is "/tasks/exit", the message a containerd.events.TaskExit.
  template <typename Message>
  void publish(std::string_view topic, const Message& message) {
    queue(topic, message.GetTypeName(), message.SerializeAsString());
  }

 private:
  void queue(std::string_view topic, std::string_view type, std::string event);
  void run();
  bool send(const containerd::services::events::ttrpc::v1::Envelope& envelope);

  const std::string address_;
  const std::string name_space_;
  Mutex mutex_;
  Condition changed_;
  std::deque<containerd::services::events::ttrpc::v1::Envelope> queue_ GUARDED_BY(mutex_);
  size_t dropped_ GUARDED_BY(mutex_) = 0;  // since the last one that was sent
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<ttrpc::Client> client_;  // the thread's own
  sys::Thread thread_;
};

}  // namespace kata::shim
