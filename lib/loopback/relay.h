// Carries connections between two network namespaces' loopback interfaces: the pod's on the host, and the guest's.
//
// Each side tells the other at which addresses of its loopback somebody listens (the offer), and the other one listens
// there in its place (the mirrors). Whoever connects to a mirror is connected with the program on the other side. A
// mirror is never offered, and only what was offered can be connected to, so nothing goes in circles and neither side
// reaches more of the other than what listens on its loopback.
//
// All of it goes over one connection, in frames (frame.h). Each TCP connection has a window of its own, so that one
// which is not read does not hold up the rest.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/loopback/endpoint.h"

namespace kata::loopback {

enum class Side { kHost, kGuest };

// What one pod may have at once, of either side.
struct Limits {
  size_t endpoints = 256;  // offered
  size_t streams = 128;    // TCP connections
  size_t clients = 256;    // of UDP services
  std::chrono::milliseconds client_idle{30'000};
  std::chrono::milliseconds stream_idle{60'000};  // one idle for as long makes place when there is none
};

class Relay {
 public:
  struct Settings {
    Side side = Side::kHost;
    // Where somebody listens in the relay's network namespace, sockets of the relay itself may be among them.
    std::function<Result<std::vector<Endpoint>>()> look;
    // Looks by itself: soon after a refresh, and ever less often, up to `longest`. 0: only at a refresh.
    std::chrono::milliseconds shortest{0}, longest{0};
    // With only refreshes: how often it looks whether what it offers is still there, while it offers anything. 0:
    // never.
    std::chrono::milliseconds while_offering{0};
    Limits limits{};
  };
  static Result<std::unique_ptr<Relay>> create(Settings settings);
  ~Relay();

  // Serves until stop(), or the other side has gone; then kUnavailable. On the calling thread, in whose network
  // namespace all sockets are made. Once.
  Result<> run(UniqueFd connection);
  // Any thread; run() returns soon.
  void stop();
  // Looks soon. Any thread.
  void refresh();
  // The same, and waits until the other side listens at what is there now. kDeadlineExceeded, or kUnavailable once
  // run() has returned. Any thread.
  Result<> refresh_and_wait(std::chrono::milliseconds patience);

 private:
  class Session;
  struct Shared;  // between run() and the other threads
  explicit Relay(Settings settings, std::unique_ptr<Shared> shared);

  const Settings settings_;
  const std::unique_ptr<Shared> shared_;
};

}  // namespace kata::loopback
