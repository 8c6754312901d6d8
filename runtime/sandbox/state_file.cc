#include "runtime/sandbox/state_file.h"

#include <unistd.h>

#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/text/json.h"
#include "runtime/sandbox/pod_parts.h"
#include "runtime/sandbox/pod_state.h"
#include "runtime/sandbox/timing.h"

namespace kata {

namespace {

void write_container(JsonWriter& json, const Container& container, pid_t pid) {
  auto life = container.init->life();
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

void write_machine(JsonWriter& json, const PodParts& parts) {
  if (!parts.machine) return;
  const auto& settings = parts.settings;
  json.field("vmPid", parts.machine->pid())
      .field("accelerator", hypervisor::accelerator_name(settings.choice.accelerator))
      .field("channel", hypervisor::channel_name(settings.choice.channel))
      .field("sharedFs", parts.sharing.shares() ? storage::shared_fs_name(settings.shared_fs) : "none");
}

// The cause of the end, and the list of containers.
void write_pod(JsonWriter& json, const PodState& state, const PodParts& parts) {
  MutexLock lock(state.mutex);
  const auto* ending = std::get_if<pod::Ending>(&state.life);
  if (ending != nullptr && ending->cause) json.field("cause", ending->cause->message());
  json.begin_array("containers");
  for (const auto& [id, one] : state.containers) {
    const auto* ready = std::get_if<placed::Ready>(&one.life);
    const auto* deleting = std::get_if<placed::Deleting>(&one.life);
    if (ready == nullptr && deleting == nullptr) continue;
    const auto& container = ready != nullptr ? *ready->container : *deleting->container;
    write_container(json, container, parts.reported_pid(*container.init));
  }
  json.end_array();
}

}  // namespace

void StateFile::write(const PodState& state, const PodParts& parts, const Timing& timing) {
  MutexLock writing(writing_);
  JsonWriter json(false);
  json.begin_object().field("version", 1).field("id", state.id).field("shimPid", ::getpid());
  write_machine(json, parts);
  if (parts.cgroups.entered()) {
    json.field("cgroup", parts.cgroups.sandbox_path()).field("overheadCgroup", parts.cgroups.overhead_path());
  }
  json.begin_object("timesMs");
  for (const auto& [what, when] : timing.moments()) json.key(moment_name(what)).raw(json_milliseconds(when));
  json.end_object();
  write_pod(json, state, parts);
  json.end_object();
  auto written = sys::write_file_atomic(parts.directory.path + "/state.json", json.text() + "\n", 0600);
  if (!written) log::warning("sandbox", "cannot write state.json", {{"error", written.error().text()}});
}

}  // namespace kata
