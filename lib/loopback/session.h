// One run of a relay: what its thread knows.
#pragma once

#include <poll.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/loopback/conversation.h"
#include "lib/loopback/mirrors.h"
#include "lib/loopback/relay.h"
#include "lib/loopback/udp.h"

namespace kata::loopback {

// What run() and the other threads share. `wake` is an event descriptor.
struct Relay::Shared {
  explicit Shared(UniqueFd event) : wake(std::move(event)) {}

  const UniqueFd wake;
  Mutex mutex;
  Condition changed;
  bool stopped GUARDED_BY(mutex) = false;
  bool ended GUARDED_BY(mutex) = false;
  uint64_t asked GUARDED_BY(mutex) = 0;    // refreshes so far
  uint64_t settled GUARDED_BY(mutex) = 0;  // so many of them have reached the other side
};

class Relay::Session {
 public:
  Session(const Settings& settings, Shared& shared, UniqueFd connection)
      : settings_(settings),
        shared_(shared),
        connection_(std::move(connection)),
        mirrors_(settings.side == Side::kGuest ? Mirrors::NameServers::kLeaveTheirPort
                                               : Mirrors::NameServers::kTakeTheirPort) {}
  ~Session();

  Result<> run();

 private:
  using Ptr = std::unique_ptr<Conversation>;

  // session.cc: what is waited for
  Result<bool> turn();  // false: stopped
  void fill_poll_set();
  std::chrono::milliseconds patience() const;
  Result<> handle_poll_set();
  Result<> read_connection();
  bool take_requests();
  void look_when_due();
  Result<> look();
  void tell_settled();
  void forget_what_is_over();

  // session_frames.cc: what the other side says
  Result<> on_frame(const Frame& frame);
  Result<> on_offer(const Frame& frame);
  Result<> on_open(const Frame& frame);
  void connect(uint32_t id, const Endpoint& endpoint);
  Result<> on_credit(const Frame& frame);

  // session_mirrors.cc: who comes to a mirror
  void serve(const std::shared_ptr<Mirror>& mirror);
  void accept_from(const Mirror& mirror);
  void receive_from(const std::shared_ptr<Mirror>& mirror);
  UdpClient* client_of(const std::shared_ptr<Mirror>& mirror, const sys::InetAddress& from);
  uint32_t open(const Endpoint& endpoint);
  bool make_place(bool stream);

  const Settings& settings_;
  Shared& shared_;
  const UniqueFd connection_;
  Decoder decoder_;
  Outbox out_;

  std::map<uint32_t, Ptr> conversations_;
  std::map<std::pair<Endpoint, std::string>, UdpClient*> clients_;  // by where they sent to, and who they are
  Mirrors mirrors_;
  std::set<Endpoint> offered_;
  uint32_t next_id_ = 0;
  bool told_of_limit_ = false;
  Clock::time_point accept_again_{};  // after the process had no descriptor left

  uint32_t offers_ = 0;      // made
  uint32_t taken_ = 0;       // the last one that the other side has seen to
  uint64_t wanted_ = 0;      // the newest wish for a look that was heard
  uint64_t looked_for_ = 0;  // the newest one that a look came after
  std::chrono::milliseconds pause_{0};
  std::optional<Clock::time_point> next_look_;

  std::vector<pollfd> poll_set_;  // wake, the connection, mirrors, conversations
  std::vector<std::shared_ptr<Mirror>> polled_mirrors_;
  std::vector<uint32_t> polled_;
};

}  // namespace kata::loopback
