#include <unistd.h>

#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/json_text.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

std::string container_json(const Container& container, pid_t pid) {
  JsonObject out;
  auto life = container.first->life();
  out.text("id", container.id).text("bundle", container.bundle).text("status", state_name(life)).number("pid", pid);
  if (const auto* stopped = std::get_if<Stopped>(&life)) {
    out.number("exitStatus", stopped->exit.status);
    if (!stopped->exit.cause.empty()) out.text("cause", stopped->exit.cause);
  }
  return out.str();
}

}  // namespace

// For people and tests: nothing of ours reads it back.
void Sandbox::write_state() const {
  MutexLock writing(state_file_mutex_);
  if (directory_.empty()) return;
  JsonObject out;
  out.number("version", 1).text("id", options_.id).number("shimPid", ::getpid());
  if (machine_) {
    out.number("vmPid", machine_->pid());
    out.text("accelerator", hypervisor::accelerator_name(choice_.accelerator));
    out.text("channel", hypervisor::channel_name(choice_.channel));
    out.text("sharedFs", shared_ ? storage::shared_fs_name(shared_fs_) : "none");
  }
  if (cgroups_) out.text("cgroup", cgroups_->sandbox_path()).text("overheadCgroup", cgroups_->overhead_path());
  std::string list;
  {
    MutexLock lock(mutex_);
    if (cause_) out.text("cause", cause_->message());
    for (const auto& [id, container] : containers_) {
      if (container->first)
        list += (list.empty() ? "" : ", ") + container_json(*container, reported_pid(*container->first));
    }
  }
  JsonObject times;
  {
    MutexLock lock(times_mutex_);
    for (const auto& [what, when] : times_) times.raw(what, json_milliseconds(when));
  }
  out.raw("timesMs", times.str()).raw("containers", "[" + list + "]");
  auto written = sys::write_file_atomic(directory_ + "/state.json", out.str() + "\n", 0600);
  if (!written) log::warning("sandbox", "cannot write state.json", {{"error", written.error().text()}});
}

}  // namespace kata
