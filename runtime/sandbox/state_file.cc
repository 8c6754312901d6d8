#include <unistd.h>

#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/text/json.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

void write_container(JsonWriter& json, const Container& container, pid_t pid) {
  auto life = container.first->life();
  json.begin_object()
      .field("id", container.id)
      .field("bundle", container.bundle)
      .field("status", state_name(life))
      .field("pid", pid);
  if (const auto* stopped = std::get_if<Stopped>(&life)) {
    json.field("exitStatus", stopped->exit.status);
    if (!stopped->exit.cause.empty()) json.field("cause", stopped->exit.cause);
  }
  json.end_object();
}

}  // namespace

// For people and tests: nothing of ours reads it back.
void Sandbox::write_state() const {
  MutexLock writing(state_file_mutex_);
  if (directory_.empty()) return;
  JsonWriter json(false);
  json.begin_object().field("version", 1).field("id", options_.id).field("shimPid", ::getpid());
  if (machine_) {
    json.field("vmPid", machine_->pid())
        .field("accelerator", hypervisor::accelerator_name(choice_.accelerator))
        .field("channel", hypervisor::channel_name(choice_.channel))
        .field("sharedFs", shared_ ? storage::shared_fs_name(shared_fs_) : "none");
  }
  if (cgroups_) json.field("cgroup", cgroups_->sandbox_path()).field("overheadCgroup", cgroups_->overhead_path());
  {
    MutexLock lock(times_mutex_);
    json.begin_object("timesMs");
    for (const auto& [what, when] : times_) json.key(what).raw(json_milliseconds(when));
    json.end_object();
  }
  {
    MutexLock lock(mutex_);
    if (cause_) json.field("cause", cause_->message());
    json.begin_array("containers");
    for (const auto& [id, container] : containers_) {
      if (container->first) write_container(json, *container, reported_pid(*container->first));
    }
    json.end_array();
  }
  json.end_object();
  auto written = sys::write_file_atomic(directory_ + "/state.json", json.text() + "\n", 0600);
  if (!written) log::warning("sandbox", "cannot write state.json", {{"error", written.error().text()}});
}

}  // namespace kata
