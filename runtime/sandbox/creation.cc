#include "runtime/sandbox/creation.h"

#include <csignal>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/json.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/guest_spec.h"
#include "runtime/sandbox/host_hooks.h"
#include "runtime/sandbox/standin.h"
#include "runtime/sandbox/termination_log.h"
#include "runtime/storage/cgroup_binds.h"

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
  TRY(check_spec(spec, oci::is_pod(container_->annotations)));
  if (first()) {
    parts_ = &boot_.emplace(pod_, watch_).parts();
    TRY(boot_->prepare(request_, spec, *container_));
  } else {
    parts_ = pod_.life.parts();
  }
  TRY(parts_->sharing.plan(request_, spec, *container_));
  auto needs = container_->storage.needs();
  container_->has_disks = needs.disks;
  if (parts_->settings.shared_fs == storage::SharedFs::kNone) {
    container_->termination_log = termination_log_of(spec, container_->annotations);
  }
  if (first()) TRY(boot_->start(request_, spec, needs, *container_));
  TRY(open_streams());
  TRY(attach(spec));  // while the guest boots
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
  oci::Ignored ignored;
  auto spec = TRY(oci::load_bundle(container_->bundle, &ignored));
  oci::warn_of(ignored);
  storage::replace_cgroup_binds(spec);
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

Result<> Creation::attach(const grpc::Spec& spec) {
  TRY(pod_.step("storage"));
  TRY(parts_->sharing.attach(*container_));
  if (auto standin = container_->init->standin(); standin > 0) {
    view_ = TRY_WRAP(parts_->sharing.view(*container_), "the files of the process that stands for the container");
    TRY(name_host_of(standin, spec));
    parts_->cgroups.add(standin);
  }
  pod_.timing.mark(Moment::kStorageReady);
  return {};
}

Result<> Creation::run_hooks() {
  const auto& hooks = container_->hooks;
  hooks_begun_ = true;
  // Docker and nerdctl find the pod's network by this pid.
  auto pid = parts_->reported_pid(*container_->init);
  TRY(run_host_hooks(pod_, *container_, {"prestart", hooks.prestart(), "creating", pid}));
  TRY(run_host_hooks(pod_, *container_, {"createRuntime", hooks.createruntime(), "creating", pid}));
  return run_host_hooks(pod_, *container_, {"createContainer", hooks.createcontainer(), "creating", pid});
}

// What its hooks have made, the last ones undo, also when it never came to be.
void Creation::run_last_hooks() {
  if (hooks_begun_) try_host_hooks(pod_, *container_, {"poststop", container_->hooks.poststop(), "stopped"});
}

Result<> Creation::connect_network() {
  TRY(pod_.step("network in the guest"));
  TRY(parts_->network.update(*parts_->machine));
  if (!parts_->network.exists()) return {};
  pod_.threads.try_run("network", [parts = parts_] { parts->network.follow(*parts->machine); });
  parts_->network.carry_loopback(*parts_->machine, pod_.threads);
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

Result<PidNamespaceChoice> Creation::choose_processes(const grpc::Spec& spec) {
  if (first()) return PidNamespaceChoice{};
  std::vector<PidNamespaceOwner> running;
  for (const auto& one : pod_.containers.all()) {
    if (std::holds_alternative<Stopped>(one->init->life())) continue;
    running.push_back({one->id, parts_->reported_pid(*one->init), one->owns_sandbox, one->joined_first});
  }
  return choose_pid_namespace(spec, running);
}

// A single container's limits are set on the host, too: there is no engine above that would.
void Creation::warn_of_block_io(const grpc::Spec& spec) {
  auto devices = limited_on_host(spec.linux().resources(), container_->disks);
  if (devices.empty() || !oci::is_pod(container_->annotations)) return;
  log::warning("spec", "limits on block devices hold in a pod for the guest's disks only; left out",
               {{"container", container_->id}, {"devices", devices}});
}

Result<> Creation::create_in_guest(grpc::Spec spec) {
  const auto& config = parts_->settings.config;
  auto processes = TRY(choose_processes(spec));
  container_->joined_first = processes.joins && processes.owner.empty();
  container_->disks = container_->storage.needs().devices;
  warn_of_block_io(spec);
  constrain(spec, {.seccomp = !config.runtime.disable_guest_seccomp,
                   .selinux = !config.hypervisor.disable_guest_selinux,
                   .disks = container_->disks});
  grpc::CreateContainerRequest request;
  request.set_container_id(container_->id);
  request.set_exec_id(container_->id);
  request.set_sandbox_pidns(container_->joined_first);
  request.set_pid_namespace_of(processes.owner);
  request.set_bundle(container_->bundle);
  request.set_no_new_keyring(request_.no_new_keyring);
  parts_->network.resolves_with(spec);
  spec.mutable_process()->set_lf_only(request_.stdio.lf_only);
  *request.mutable_oci() = std::move(spec);
  container_->storage.describe(request);
  TRY_WRAP(parts_->machine->agent().create_container(request), concat("creating container ", container_->id));
  in_guest_ = true;
  parts_->sharing.seal(*container_);
  // Now its mount points are there: as the container made them, or not at all.
  if (!view_) return {};
  return parts_->sharing.show(std::move(*view_), container_->init->standin())
      .wrap("the files of the process that stands for the container");
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
  run_last_hooks();
  pod_.containers.remove(container_->id);
}

}  // namespace kata
