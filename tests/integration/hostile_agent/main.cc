// PID 1 of a guest that somebody has taken over. The kernel's parameter `hostile=MODE` says how it behaves
// (hostile_calls.h); the kernel hands it over as an environment variable.
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "agent/guest/on_demand.h"
#include "agent/guest/power.h"
#include "agent/process/reaper.h"
#include "agent/rpc/agent_calls.h"
#include "agent/rpc/health_calls.h"
#include "agent/start/boot.h"
#include "lib/sys/fd.h"
#include "tests/integration/hostile_agent/hostile_calls.h"

namespace kata::agent {

namespace {

// As agent/start/serve.cc puts the parts together, with a service of ours in front of the agent's.
Result<> serve_as(const std::string& mode) {
  LogHub logs;
  auto options = TRY(boot());
  auto destroyed = TRY(sys::event_fd());
  auto reaper = TRY(Reaper::create());
  Sandbox sandbox(*reaper, TRY(OomWatcher::create()), options, [&] { ignore(sys::signal_event(destroyed.get())); });
  AgentCalls calls(sandbox);
  hostile::HostileCalls hostile(calls, mode);
  HealthCalls health;
  ttrpc::Server server;
  server.add(hostile);
  server.add(health);
  auto channels = TRY(Channels::create({server, calls.byte_streams(), logs, options}, {}));
  TRY(start_in_guest(*channels, sandbox));
  TRY(sys::wait_for(destroyed.get(), POLLIN, std::chrono::milliseconds(-1)));
  return {};
}

}  // namespace

}  // namespace kata::agent

int main(int argc, char** argv) {
  using namespace kata::agent;
  if (is_modprobe(argc, argv)) return run_modprobe(argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  const auto* mode = std::getenv("hostile");
  auto served = serve_as(mode != nullptr ? mode : "");
  if (!served.ok()) print_to_console(served.error().text());
  power_off();
}
