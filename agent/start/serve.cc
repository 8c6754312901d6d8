#include "agent/start/serve.h"

#include <chrono>
#include <memory>
#include <thread>

#include "agent/rpc/agent_calls.h"
#include "agent/rpc/health_calls.h"
#include "lib/sys/fd.h"

namespace kata::agent {

namespace {

// Time for the last answer to get from the server's streams to the host: the mux writes it in a thread of its own.
constexpr std::chrono::milliseconds kFlushTime{20};

ShellRunner shells_of(Reaper& reaper) {
  return {[&reaper](const auto& fork_child) { return reaper.spawn(fork_child); },
          [&reaper](pid_t pid) { return reaper.wait(pid); }};
}

}  // namespace

Result<> serve(const Options& options, LogHub& logs, const std::function<Result<>(Channels&, Sandbox&)>& start) {
  auto destroyed = TRY(sys::event_fd());
  auto reaper = TRY(Reaper::create());
  Sandbox sandbox(*reaper, TRY(OomWatcher::create()), options, [&] { ignore(sys::signal_event(destroyed.get())); });
  AgentCalls calls(sandbox);
  HealthCalls health;
  auto server = std::make_unique<ttrpc::Server>();
  server->add(calls);
  server->add(health);
  auto channels = TRY(Channels::create({*server, calls.byte_streams(), logs, options}, shells_of(*reaper)));
  TRY(start(*channels, sandbox));
  TRY(sys::wait_for(destroyed.get(), POLLIN, std::chrono::milliseconds(-1)));
  channels->refuse();
  server->stop();
  server.reset();  // calls that run are still answered
  std::this_thread::sleep_for(kFlushTime);
  return {};
}

}  // namespace kata::agent
