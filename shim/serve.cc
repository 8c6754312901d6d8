#include <linux/capability.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/mount_namespace.h"
#include "lib/sys/process.h"
#include "lib/sys/thread.h"
#include "lib/ttrpc/server.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/task/launch.h"
#include "shim/actions.h"
#include "shim/priority.h"
#include "shim/publisher.h"
#include "shim/task_events.h"
#include "shim/task_service.h"
#include "shim/task_v3.h"

namespace kata::shim {

namespace {

// A shim whose caller died before it asked for anything has no purpose.
constexpr std::chrono::seconds kUnusedTimeout{120};
// How often it looks whether the bundles of a pod that has stopped are still there, and of one that nobody has started.
constexpr std::chrono::seconds kForgottenInterval{2};
constexpr std::chrono::seconds kUnstartedInterval{10};
constexpr size_t kThreadStack = 512U << 10U;  // address space; only what is touched needs memory

// An idle pod is mostly this process: few arenas, and freed memory goes back.
void keep_memory_small() {
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 10);
  ::mallopt(M_MMAP_THRESHOLD, 64 << 10);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kThreadStack);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

// Mounts made from here on are ours and our VMM's alone, and go when the last of us does.
Result<> enter_own_mounts() {
  if (::unshare(CLONE_NEWNS) < 0) return Error::sys(errno, "unshare", "the mount namespace");
  return sys::set_propagation("/", MS_SLAVE | MS_REC);
}

// Before the first thread, which would take them otherwise.
Result<UniqueFd> signals_as_descriptor() {
  sigset_t set;
  ::sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC));
  if (!fd) return Error::sys(errno, "signalfd");
  return fd;
}

std::unique_ptr<Publisher> make_publisher(const Options& options) {
  const char* address = std::getenv("TTRPC_ADDRESS");
  if (options.address.empty() || address == nullptr || *address == '\0') return nullptr;
  return std::make_unique<Publisher>(address, options.name_space);
}

SandboxOptions sandbox_options(const Options& options, Publisher* publisher) {
  SandboxOptions out;
  out.id = options.sandbox_id.empty() ? options.id : options.sandbox_id;
  out.config = options.config;
  out.name_space = options.name_space;
  out.systemd_cgroup = options.systemd_cgroup;
  out.debug = options.debug;
  if (publisher != nullptr) out.publish = [publisher](const Event& event) { publish(*publisher, event); };
  return out;
}

// What a sandbox in this state is looked at for after a while; without a limit: only what happens counts.
std::chrono::milliseconds patience(const Sandbox& sandbox, bool stopped) {
  if (sandbox.untouched()) return kUnusedTimeout;
  if (stopped) return kForgottenInterval;
  return sandbox.waits_for_start() ? std::chrono::milliseconds(kUnstartedInterval) : std::chrono::milliseconds(-1);
}

// Until someone asks for the end, or nobody can: nobody ever asked for anything, or the engine has removed its
// containers without a word (an engine does when it has lost the process that would have told it of their end).
void wait_for_end(int signals, int shut_down, int all_stopped, const Sandbox& sandbox) {
  bool stopped = false;
  for (;;) {
    std::array<pollfd, 3> fds{pollfd{signals, POLLIN, 0}, pollfd{shut_down, POLLIN, 0},
                              pollfd{stopped ? -1 : all_stopped, POLLIN, 0}};
    auto ready = sys::poll(fds, patience(sandbox, stopped));
    if (!ready || fds[1].revents != 0) return;
    if (fds[0].revents != 0) {
      log::info("shim", "ending because of a signal");
      return;
    }
    if (*ready == 0 && sandbox.untouched()) {
      log::warning("shim", "nobody asked for a container; ending");
      return;
    }
    if (sandbox.forgotten()) {
      log::info("shim", "the bundles of all containers are gone; ending");
      return;
    }
    stopped = stopped || fds[2].revents != 0;
  }
}

// What a pod never needs on the host. Hooks that the shim runs as root have all of it again.
Result<> give_up_privileges() {
  uint64_t unneeded = 0;
  for (unsigned capability :
       {CAP_SYS_MODULE, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_SYS_RAWIO, CAP_SYS_PACCT, CAP_SYS_TTY_CONFIG, CAP_MAC_ADMIN,
        CAP_MAC_OVERRIDE, CAP_WAKE_ALARM, CAP_BLOCK_SUSPEND, CAP_AUDIT_CONTROL, CAP_AUDIT_READ, CAP_AUDIT_WRITE,
        CAP_SYSLOG, CAP_LEASE, CAP_IPC_OWNER, CAP_LINUX_IMMUTABLE, CAP_NET_BROADCAST}) {
    unneeded |= uint64_t{1} << capability;
  }
  return sys::give_up_capabilities(unneeded);
}

}  // namespace

Result<> serve(const Options& options) {
  if (options.id.empty()) return Error::make(Code::kInvalidArgument, "-id is missing");
  keep_memory_small();
  TRY(give_up_privileges());
  auto signals = TRY(signals_as_descriptor());
  set_priority();
  auto engine_mounts = std::make_shared<const sys::MountNamespace>(TRY(sys::MountNamespace::current()));
  TRY(enter_own_mounts());
  TRY(sys::set_close_on_exec(task::kShimListener, true));
  // The bundle's file system shall not be kept busy.
  if (::chdir("/") < 0) return Error::sys(errno, "chdir", "/");
  auto shut_down = TRY(sys::event_fd());
  auto all_stopped = TRY(sys::event_fd());

  auto publisher = make_publisher(options);
  auto what = sandbox_options(options, publisher.get());
  what.engine_mounts = std::move(engine_mounts);
  what.all_stopped = [&] { ignore(sys::signal_event(all_stopped.get())); };
  Sandbox sandbox(std::move(what));
  TaskService service(
      sandbox, [&] { ignore(sys::signal_event(shut_down.get())); },
      publisher ? TaskService::Caller::kContainerd : TaskService::Caller::kOurs);
  ttrpc::Server server;
  server.add(service);
  TaskServiceV3 version3(service);
  server.add(version3);
  auto accepting = TRY(sys::Thread::start("accept", [&] {
    auto served = server.serve(task::kShimListener);
    if (!served) log::error("shim", "cannot serve", {{"error", served.error().text()}});
    ignore(sys::signal_event(shut_down.get()));
  }));
  wait_for_end(signals.get(), shut_down.get(), all_stopped.get(), sandbox);
  // Whoever waits for something gets an answer before the connections go, also when this comes during a creation.
  sandbox.shut_down();
  if (!options.socket.empty()) ignore(sys::remove_file(options.socket));
  server.stop();
  accepting.join();
  return {};
}

}  // namespace kata::shim
