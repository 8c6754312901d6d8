#include "agent/start/boot.h"

#include <sys/resource.h>
#include <unistd.h>

#include <span>
#include <string>

#include "agent/guest/clock.h"
#include "agent/guest/hardening.h"
#include "agent/guest/memory.h"
#include "agent/guest/modules.h"
#include "agent/guest/mounts.h"
#include "agent/guest/on_demand.h"
#include "agent/network/network.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

// Workloads inherit it, as they do from any container engine.
void raise_open_files() {
  constexpr rlim_t kFiles = 1048576;
  rlimit limit{kFiles, kFiles};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log::debug("init", "cannot raise the limit of open files");
}

// What is wrong here does not end the guest yet: the host can still ask, and is told why.
void warn(const Result<>& result) {
  if (!result.ok()) log::error("init", result.error().message());
}

void set_nice(int nice) { (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice); }

// The virtio-serial channel's thread waits for its device meanwhile.
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
  warn(answer_module_requests());
  warn(harden_kernel());
  sandbox.release();
  // The balloon and the like are loaded when nothing else wants the processor.
  constexpr int kLowest = 19;
  set_nice(kLowest);
  load_modules(all.subspan(urgent));
  warn(keep_page_lists_short());
  set_nice(0);
  log::info("init", "booted", {{"phases-ms", phases()}});
}

}  // namespace

Result<Options> boot() {
  warn(make_root_pivotable());
  TRY_WRAP(mount_base(), "mount the guest's file systems");
  auto options = parse_options(sys::read_file("/proc/cmdline").value_or(std::string()));
  log::set_level(options.log_level);
  raise_open_files();
  mark_phase("mounts");
  return options;
}

Result<> start_in_guest(Channels& channels, Sandbox& sandbox) {
  sandbox.hold();
  TRY(channels.start_virtio());
  finish_boot(channels, sandbox);
  return {};
}

}  // namespace kata::agent
