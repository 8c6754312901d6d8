// kata-agent: PID 1 of the guest. Boots it, serves the agent protocol, powers it off.
//
// Not as PID 1 it serves on a Unix socket, for tests: KATA_AGENT_SERVER_ADDR=unix:///path kata-agent
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <span>
#include <string_view>
#include <thread>

#include "agent/guest/clock.h"
#include "agent/guest/memory.h"
#include "agent/guest/modules.h"
#include "agent/guest/mounts.h"
#include "agent/guest/power.h"
#include "agent/network/network.h"
#include "agent/rpc/agent_calls.h"
#include "agent/rpc/channels.h"
#include "agent/rpc/health_calls.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr std::string_view kUnixPrefix = "unix://";

// For the last answer to get from the server's streams to the host.
constexpr std::chrono::milliseconds kFlush{20};

bool is_init() { return ::getpid() == 1; }

// Workloads inherit it, as they do from any container engine.
void raise_open_files() {
  constexpr rlim_t kFiles = 1048576;
  rlimit limit{kFiles, kFiles};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log::debug("init", "cannot raise the limit of open files");
}

// What is wrong here is not the end yet: the host can still ask, and hear why.
void warn(const Result<>& result) {
  if (!result.ok()) log::error("init", result.error().message());
}

// As much as has to be there before the channel can be.
Result<Options> boot() {
  warn(make_root_pivotable());
  TRY_WRAP(mount_base(), "mount the guest's file systems");
  auto options = parse_options(sys::read_file("/proc/cmdline").value_or(std::string()));
  log::set_level(options.log_level);
  raise_open_files();
  mark_phase("mounts");
  return options;
}

// The rest, while the channel's thread waits for its device and the host's first calls are on their way.
void finish_boot(Channels& channels, Sandbox& sandbox) {
  auto modules = early_modules();
  std::span<const ModuleFile> all(modules);
  auto urgent = count_for_channel(all);
  load_modules(all.first(urgent));
  warn(channels.start_vsock());
  mark_phase("channel-driver");
  warn(mount_cgroups());
  mark_phase("cgroups");
  warn(network::set_loopback_up());
  mark_phase("loopback");
  sandbox.release();
  // When nothing else wants the processor: the balloon and the like.
  auto idle = [](int nice) { (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice); };
  idle(19);
  load_modules(all.subspan(urgent));
  warn(keep_page_lists_short());
  idle(0);
  log::info("init", "booted", {{"phases-ms", phases()}});
}

// Outside of a guest, for tests, cgroup v2 may be beside version 1.
Options options_outside() {
  Options options;
  if (!sys::exists(options.cgroup_root + "/cgroup.controllers")) options.cgroup_root += "/unified";
  return options;
}

ShellRunner shells_of(Reaper& reaper) {
  return {[&reaper](const auto& fork_child) { return reaper.spawn(fork_child); },
          [&reaper](pid_t pid) { return reaper.wait(pid); }};
}

Result<> start(Channels& channels, Sandbox& sandbox) {
  if (is_init()) {
    sandbox.hold();
    TRY(channels.start_virtio());
    finish_boot(channels, sandbox);
    return {};
  }
  const char* address = std::getenv("KATA_AGENT_SERVER_ADDR");
  if (address == nullptr || !std::string_view(address).starts_with(kUnixPrefix)) {
    return Error::make(Code::kFailedPrecondition, "kata-agent is the first process of a guest")
        .hint("for a test outside, set KATA_AGENT_SERVER_ADDR=unix:///path/of/socket");
  }
  return channels.start_unix(address + kUnixPrefix.size());
}

// Returns when the sandbox was destroyed and its answer sent.
Result<> serve(const Options& options, LogHub& logs) {
  auto destroyed = TRY(sys::event_fd());
  auto reaper = TRY(Reaper::create());
  Sandbox sandbox(*reaper, options, [&] { ignore(sys::signal_event(destroyed.get())); });
  AgentCalls calls(sandbox);
  HealthCalls health;
  auto server = std::make_unique<ttrpc::Server>();
  server->add(calls);
  server->add(health);
  Channels channels(*server, calls.byte_streams(), logs, options, shells_of(*reaper));
  TRY(start(channels, sandbox));
  TRY(sys::wait_for(destroyed.get(), POLLIN, std::chrono::milliseconds(-1)));
  channels.refuse();
  server->stop();
  server.reset();  // calls that run are still answered
  std::this_thread::sleep_for(kFlush);
  return {};
}

int run() {
  start_times().start = boot_time_ns();
  ::signal(SIGPIPE, SIG_IGN);
  LogHub logs;
  if (is_init()) log_to(logs);
  auto options = is_init() ? boot() : Result<Options>(options_outside());
  auto served = options.ok() ? serve(*options, logs) : Result<>(options.error());
  log::set_sink({});
  if (!served.ok()) print_to_console(concat("kata-agent: fatal: ", served.error().text()));
  if (is_init()) power_off();
  return served.ok() ? 0 : 1;
}

}  // namespace

}  // namespace kata::agent

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--version") {
    constexpr std::string_view kVersion = "kata-agent " KATA_VERSION "\n";
    return ::write(STDOUT_FILENO, kVersion.data(), kVersion.size()) > 0 ? 0 : 1;
  }
  return kata::agent::run();
}
