#include "agent/rpc/loopback.h"

#include "lib/base/log.h"
#include "lib/loopback/listening.h"
#include "lib/sys/fd.h"

namespace kata::agent {

namespace {

// How often somebody looks who listens: nothing tells. The first is as long as a person waits for nothing; an idle
// guest is woken only as often as the last one says.
constexpr std::chrono::milliseconds kShortest{200};
constexpr std::chrono::milliseconds kLongest{5000};

}  // namespace

Result<std::shared_ptr<loopback::Relay>> Loopback::open() {
  loopback::Relay::Settings settings;
  settings.side = loopback::Side::kGuest;
  settings.look = []() -> Result<std::vector<loopback::Endpoint>> {
    return loopback::reachable_everywhere(TRY(loopback::list_listening()));
  };
  settings.shortest = kShortest;
  settings.longest = kLongest;
  std::shared_ptr<loopback::Relay> relay = TRY(loopback::Relay::create(std::move(settings)));
  MutexLock lock(mutex_);
  if (auto before = relay_.lock()) before->stop();
  relay_ = relay;
  return relay;
}

void Loopback::may_listen_soon() {
  MutexLock lock(mutex_);
  if (auto relay = relay_.lock()) relay->refresh();
}

void carry_loopback(loopback::Relay& relay, int connection) {
  auto mine = sys::duplicate(connection);
  auto carried = mine ? relay.run(std::move(*mine)) : Result<>(mine.error());
  if (!carried && !carried.error().is(Code::kUnavailable)) log::warning("loopback", carried.error().message());
}

}  // namespace kata::agent
