// kata-agent: PID 1 of the guest. Boots it, serves the agent protocol, powers it off.
//
// Not as the first process of a machine it serves on a Unix socket, for tests: KATA_AGENT_SERVER_ADDR=unix:///path
// kata-agent (unix://@name: a name of the abstract namespace). As /sbin/modprobe it loads what the kernel asks for.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/guest/clock.h"
#include "agent/guest/on_demand.h"
#include "agent/guest/power.h"
#include "agent/start/boot.h"
#include "agent/start/outside.h"
#include "agent/start/serve.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"

namespace kata::agent {

namespace {

Result<> run_in_guest(LogHub& logs) {
  log_to(logs);
  auto options = TRY(boot());
  return serve(options, logs, start_in_guest);
}

Result<> run_outside(LogHub& logs) {
  auto start = [](Channels& channels, Sandbox& /*sandbox*/) {
    return start_outside(channels, std::getenv("KATA_AGENT_SERVER_ADDR"));
  };
  return serve(options_outside(), logs, start);
}

// Outside of a guest somebody started us and reads what we say; the console is not ours.
void report(const std::string& line, bool in_guest) {
  if (in_guest) return print_to_console(line);
  (void)std::fprintf(stderr, "%s\n", line.c_str());
}

int run() {
  start_times().start = boot_time_ns();
  ::signal(SIGPIPE, SIG_IGN);
  LogHub logs;
  bool in_guest = is_first_of_machine(::getpid());
  auto served = in_guest ? run_in_guest(logs) : run_outside(logs);
  log::set_sink({});
  if (!served.ok()) report(concat("kata-agent: fatal: ", served.error().text()), in_guest);
  if (in_guest) power_off();
  return served.ok() ? 0 : 1;
}

}  // namespace

}  // namespace kata::agent

int main(int argc, char** argv) {
  if (kata::agent::is_modprobe(argc, argv)) return kata::agent::run_modprobe(argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == "--version") {
    constexpr std::string_view kVersion = "kata-agent " KATA_VERSION "\n";
    return ::write(STDOUT_FILENO, kVersion.data(), kVersion.size()) > 0 ? 0 : 1;
  }
  return kata::agent::run();
}
