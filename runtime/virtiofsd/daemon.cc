#include "runtime/virtiofsd/daemon.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>

#include <cerrno>

#include "hypervisor/process/environment.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"
#include "lib/sys/socket.h"

namespace kata::virtiofsd {

namespace {

std::vector<std::string> environment_with(const std::string& preload) {
  auto out = hypervisor::small_environment();
  if (preload.empty()) return out;
  std::erase_if(out, [](const auto& one) { return one.starts_with("LD_PRELOAD="); });
  out.push_back(concat("LD_PRELOAD=", preload));
  return out;
}

// What it does not take away from itself: with a root of its own by chroot, it stays in the namespaces that it starts
// in, of which it needs the one of mounts alone.
void confine(sys::Spawn& what) {
  constexpr uint64_t kNeeded = uint64_t{1} << CAP_SYS_ADMIN;
  if ((sys::effective_capabilities() & kNeeded) == 0) return;
  what.namespaces.fresh |= CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID | CLONE_NEWNET;
}

// Only where security/apparmor/kata-runtime knows the program and what it is to serve.
bool fits_profile(const Settings& settings) {
  auto path = sys::real_path(settings.path).value_or(settings.path);
  bool known = path.starts_with("/usr/") || path.starts_with("/opt/kata/");
  const auto& served = settings.directory;
  return known && (served.starts_with("/run/kata-containers/") || served.starts_with("/run/user/"));
}

void label(sys::Spawn& what, const Settings& settings) {
  if (sys::apparmor_is_on() && fits_profile(settings)) what.labels.push_back(sys::apparmor_profile("kata-virtiofsd"));
  if (!settings.security_context.empty()) what.labels.push_back(sys::selinux_context(settings.security_context));
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::start(const Settings& settings) {
  auto dialect = TRY(detect(settings.path));
  auto loop = TRY(sys::EventLoop::start("virtiofsd"));
  auto out = std::unique_ptr<Daemon>(new Daemon(settings.path, std::move(loop)));
  auto listener = TRY(sys::unix_listen(settings.socket, 1));
  auto messages = TRY(sys::pipe());
  out->messages_ = std::move(messages.read);
  sys::Spawn what;
  what.argv = arguments(settings.path, dialect, {settings.directory, listener.get(), settings.cache, settings.more});
  what.out = messages.write.get();
  what.err = messages.write.get();
  what.inherited = {listener.get()};
  what.directory = "/";
  what.env = environment_with(settings.preload);
  what.new_session = true;  // a terminal's Ctrl-C is for the workload
  confine(what);
  label(what, settings);
  auto* self = out.get();
  hypervisor::Supervisor::Watch messages_of{self->messages_.get(),
                                            [self] { return self->last_words_.feed_from(self->messages_.get()); }};
  auto supervisor = hypervisor::Supervisor::start(*out->loop_, std::move(what), {std::move(messages_of)});
  if (!supervisor)
    return sys::explain_context(supervisor.error(), settings.security_context).wrap("starting virtio-fs' daemon");
  out->supervisor_ = std::move(*supervisor);
  log::info("virtiofsd", "started",
            {{"pid", concat(out->pid())},
             {"path", settings.path},
             {"dialect", std::string(dialect_name(dialect))},
             {"label", sys::label_of(out->pid())}});
  return out;
}

Result<uint64_t> Daemon::descriptors() const {
  rlimit limit{};
  if (::prlimit(pid(), RLIMIT_NOFILE, nullptr, &limit) == 0) return limit.rlim_cur;
  return Error::sys(errno, "look at the limits of", "virtio-fs' daemon");
}

Result<UniqueFd> Daemon::exit_event() const { return sys::duplicate(supervisor_->exit_event()); }

bool Daemon::failed() { return supervisor_->wait().code != 0; }

Error Daemon::cause_of_death() {
  auto status = supervisor_->wait();
  auto text = concat("virtio-fs' daemon (", path_, ") ", sys::describe(status));
  constexpr size_t kLines = 4;
  auto lines = last_words_.lines();
  auto first = lines.size() > kLines ? lines.size() - kLines : 0;
  for (auto i = first; i < lines.size(); ++i) text += concat(i == first ? ": " : " | ", lines[i]);
  auto error = Error::make(Code::kUnavailable, text);
  return status.signal != 0 ? error.killed_by(status.signal) : error;
}

void Daemon::stop() {
  if (!supervisor_) return;
  supervisor_->kill();
  supervisor_->wait();
}

}  // namespace kata::virtiofsd
