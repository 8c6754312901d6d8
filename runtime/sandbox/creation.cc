#include "runtime/sandbox/creation.h"

#include <csignal>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/json.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/guest_spec.h"

namespace kata {

Creation::Creation(Pod& pod, PodWatch& watch, const CreateRequest& request, ContainerSet::Role role)
    : pod_(pod), watch_(watch), request_(request) {
  container_->id = request.id;
  container_->bundle = request.bundle;
  container_->owns_sandbox = role == ContainerSet::Role::kOwnsSandbox;
}

Result<pid_t> Creation::run() {
  TRY(steps());
  auto pid = parts_->reported_pid(*container_->init);
  pod_.publish(ContainerCreated{request_.id, request_.bundle, request_.rootfs, request_.stdio, pid});
  container_->init->created();
  watch_.standin(*parts_, container_->init);
  pod_.timing.mark(Moment::kContainerCreated);
  pod_.write_state(*parts_);
  return pid;
}

Result<> Creation::steps() {
  auto spec = TRY(load());
  if (first()) {
    parts_ = &boot_.emplace(pod_, watch_).parts();
    TRY(boot_->prepare(request_, spec, *container_));
  } else {
    parts_ = pod_.life.parts();
  }
  TRY(parts_->sharing.plan(request_, spec, *container_));
  auto needs = container_->storage.needs();
  if (first()) TRY(boot_->start(request_, spec, needs, *container_));
  TRY(open_streams());
  TRY(attach());  // while the guest boots
  if (first()) TRY(boot_->enter_guest(spec, needs));
  TRY(pod_.step("storage in the guest"));
  TRY(parts_->sharing.bring_into_guest(*container_, parts_->machine->agent()));
  TRY(pod_.step("hooks"));
  TRY(run_hooks());
  if (first()) TRY(connect_network());
  score_machine(spec);
  TRY(pod_.step("room"));
  TRY(parts_->sizer.make_room(parts_->guest(), container_->id, asked_by(*container_, spec)));
  TRY(pod_.step("container in the guest"));
  TRY(create_in_guest(std::move(spec)));
  return publish();
}

Result<grpc::Spec> Creation::load() {
  container_->bundle = TRY_WRAP(sys::real_path(request_.bundle), "the bundle");
  auto spec = TRY(oci::load_bundle(container_->bundle));
  container_->oci_version = spec.version();
  container_->annotations = oci::annotations_of(spec);
  container_->hooks = spec.hooks();
  return spec;
}

Result<> Creation::open_streams() {
  TRY(pod_.step("streams"));
  ProcessId id{container_->id, container_->id};
  auto process = std::make_shared<Process>(std::move(id), request_.stdio, request_.standin);
  TRY(process->open_stdio(pod_.options.name_space));
  container_->init = std::move(process);
  return {};
}

Result<> Creation::attach() {
  TRY(pod_.step("storage"));
  TRY(parts_->sharing.attach(*container_));
  if (container_->init->standin() > 0) parts_->cgroups.add(container_->init->standin());
  pod_.timing.mark(Moment::kStorageReady);
  return {};
}

Result<> Creation::run_hooks() {
  const auto& hooks = container_->hooks;
  if (hooks.prestart().empty() && hooks.createruntime().empty() && hooks.createcontainer().empty()) return {};
  auto cancel = TRY(Cancel::create());
  pod_.gate.cancel_at_end(cancel);
  // Docker and nerdctl find the pod's network by this pid: where it is ours, only the VMM is in it.
  bool ours = parts_->network.fresh();
  auto state =
      container_->hook_state("creating", ours ? parts_->machine->pid() : parts_->reported_pid(*container_->init));
  oci::HookRunner runner{.cancel = cancel->event()};
  TRY(oci::run_hooks("prestart", hooks.prestart(), state, runner));
  TRY(oci::run_hooks("createRuntime", hooks.createruntime(), state, runner));
  return oci::run_hooks("createContainer", hooks.createcontainer(), state, runner);
}

Result<> Creation::connect_network() {
  TRY(pod_.step("network in the guest"));
  TRY(parts_->network.update(*parts_->machine));
  if (!parts_->network.exists()) return {};
  pod_.threads.try_run("network", [parts = parts_] { parts->network.follow(*parts->machine); });
  return {};
}

// A pod's first container only holds the pod, and engines give it a score of its own.
void Creation::score_machine(const grpc::Spec& spec) {
  auto pids = parts_->sharing.helpers();
  pids.push_back(parts_->machine->pid());
  std::optional<int64_t> workload;
  if (!container_->holds_pod()) workload = spec.process().oomscoreadj();
  parts_->oom_score.add(workload, pids);
}

Result<> Creation::create_in_guest(grpc::Spec spec) {
  const auto& config = parts_->settings.config;
  bool joins_pod = !first() && joins_pid_namespace(spec);
  constrain(spec, {.seccomp = !config.runtime.disable_guest_seccomp,
                   .selinux = !config.hypervisor.disable_guest_selinux,
                   .disks = container_->storage.needs().devices});
  grpc::CreateContainerRequest request;
  request.set_container_id(container_->id);
  request.set_exec_id(container_->id);
  request.set_sandbox_pidns(joins_pod);
  *request.mutable_oci() = std::move(spec);
  container_->storage.describe(request);
  TRY_WRAP(parts_->machine->agent().create_container(request), concat("creating container ", container_->id));
  in_guest_ = true;
  return {};
}

// Its end is watched before anybody can start it, and nobody hears of it before run() has said that it was created.
Result<> Creation::publish() {
  TRY(pod_.step("watch"));
  TRY(watch_.process(*parts_, container_, container_->init));
  return pod_.containers.publish(container_);
}

void Creation::remove_from_guest() {
  auto& agent = parts_->machine->agent();
  if (!in_guest_ || agent.lost()) return;
  auto removed = agent.remove_container(container_->id);
  if (!removed) log::warning("sandbox", "the agent did not remove it", {{"error", removed.error().text()}});
}

void Creation::undo() {
  if (container_->init) container_->init->stop({255, std::chrono::system_clock::now(), "it could not be created"});
  if (first()) {
    // Nothing lives without it. The machine goes first, so that nothing is in use.
    if (parts_ != nullptr && parts_->machine) parts_->machine->stop();
    container_->storage.stop_following();
    auto parts = boot_ ? boot_->take_parts() : nullptr;
    if (parts || parts_ == nullptr) {
      pod_.life.fail(std::move(parts));
    } else {
      pod_.life.end({});
    }
  } else if (parts_ != nullptr) {
    remove_from_guest();
    bool lives = !parts_->machine->agent().lost();
    parts_->sharing.release(*container_, lives ? Sharing::GuestLives::kYes : Sharing::GuestLives::kNo);
    auto guest = parts_->guest();
    parts_->sizer.give_room_back(&guest, container_->id);
  }
  pod_.containers.remove(container_->id);
}

}  // namespace kata
