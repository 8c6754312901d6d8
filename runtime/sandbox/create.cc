// Creating a container: on the host, in the guest, and undoing both.
#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/oci/json.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "runtime/sandbox/guest_spec.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

Result<Sandbox::ContainerPtr> Sandbox::reserve(const CreateRequest& request) {
  TRY(oci::check_id("sandbox", options_.id));
  TRY(oci::check_id("container", request.id));
  MutexLock lock(mutex_);
  if (containers_.contains(request.id)) {
    return Error::make(Code::kAlreadyExists, concat("container ", request.id, " exists already"));
  }
  if (ended_ || cause_) {
    return Error::make(Code::kFailedPrecondition, concat("sandbox ", options_.id, " has ended"));
  }
  if (booting_ && !in_guest_) {
    return Error::make(Code::kFailedPrecondition, concat("sandbox ", options_.id, " is still starting"));
  }
  auto container = std::make_shared<Container>();
  container->id = request.id;
  container->bundle = request.bundle;
  container->owns_sandbox = !booting_;
  container->busy = "created";
  booting_ = true;
  containers_[request.id] = container;
  return container;
}

Result<pid_t> Sandbox::create(const CreateRequest& request) {
  auto container = TRY(reserve(request));
  auto done = create_steps(request, *container);
  if (done) done = watch_process(container, container->first);
  if (!done) {
    undo_create(*container);
    return done.error();
  }
  watch_standin(container->first);
  {
    MutexLock lock(mutex_);
    container->busy.clear();
  }
  mark("containerCreated");
  write_state();
  auto pid = reported_pid(*container->first);
  publish(ContainerCreated{request.id, request.bundle, request.rootfs, request.stdio, pid});
  return pid;
}

Result<> Sandbox::create_steps(const CreateRequest& request, Container& container) {
  container.bundle = TRY_WRAP(sys::real_path(request.bundle), "the bundle");
  auto spec = TRY(oci::load_bundle(container.bundle));
  container.oci_version = spec.version();
  container.annotations = oci::annotations_of(spec);
  container.hooks = spec.hooks();
  bool first = container.owns_sandbox;
  if (first) {
    TRY(configure(request, spec));
    announce(container, spec);
    choose_template();
    TRY(enter_cgroups(spec));
  }
  auto plan = TRY(plan_storage(request, container, spec));
  if (first) TRY(boot(request, spec, plan, oci::is_pod(container.annotations)));
  TRY(prepare(request, plan, container));
  if (first) TRY(enter_guest(spec, plan));
  TRY(bring_into_guest(plan, container));
  TRY(run_create_hooks(container));
  if (first) {
    TRY(update_network());
    follow_network();
  }
  score_machine(container, spec);
  TRY(make_room(container, spec));
  return create_in_guest(container, std::move(spec), plan);
}

// What the host does while the guest boots.
Result<> Sandbox::prepare(const CreateRequest& request, const storage::Plan& plan, Container& container) {
  auto stdio = request.stdio;
  auto process = std::make_shared<Process>(ProcessId{container.id, container.id}, std::move(stdio), request.standin);
  TRY(process->open_stdio(options_.name_space));
  {
    MutexLock lock(mutex_);
    container.first = std::move(process);
  }
  journal_->allow(container.bundle);
  container.attached = TRY(storage::attach(plan, shared_.get(), *journal_));
  if (container.first->standin() > 0 && cgroups_) cgroups_->add(container.first->standin());
  mark("storageReady");
  return {};
}

Result<> Sandbox::run_create_hooks(const Container& container) {
  // Docker and nerdctl find the pod's network by this pid: where it is ours, only the VMM is in it.
  bool ours = network_ && network_->fresh();
  auto state = container.hook_state("creating", ours ? machine_->pid() : reported_pid(*container.first));
  TRY(oci::run_hooks("prestart", container.hooks.prestart(), state));
  TRY(oci::run_hooks("createRuntime", container.hooks.createruntime(), state));
  return oci::run_hooks("createContainer", container.hooks.createcontainer(), state);
}

Result<> Sandbox::create_in_guest(Container& container, grpc::Spec spec, const storage::Plan& plan) {
  bool joins_pod = !container.owns_sandbox && joins_pid_namespace(spec);
  constrain(spec, {.seccomp = !config_.runtime.disable_guest_seccomp,
                   .selinux = !config_.hypervisor.disable_guest_selinux,
                   .disks = storage::disk_nodes(plan)});
  grpc::CreateContainerRequest request;
  request.set_container_id(container.id);
  request.set_exec_id(container.id);
  request.set_sandbox_pidns(joins_pod);
  *request.mutable_oci() = std::move(spec);
  storage::describe(plan, container.disks, request);
  return machine_->agent().create_container(request).wrap(concat("creating container ", container.id));
}

// When the host runs out of memory, the machine stands for the most precious of its workloads. A pod's first container
// only holds the pod, and engines give it a score of its own. The VMM must not keep the shim's, which is containerd's.
void Sandbox::score_machine(const Container& container, const grpc::Spec& spec) {
  bool holder = container.owns_sandbox && oci::is_pod(container.annotations);
  int64_t score = holder ? 0 : spec.process().oomscoreadj();
  {
    MutexLock lock(mutex_);
    if (!holder) lowest_score_ = score = std::min(lowest_score_.value_or(score), score);
  }
  for (auto pid : {machine_->pid(), virtiofsd_ ? virtiofsd_->pid() : machine_->pid()}) {
    auto set = sys::write_control(concat("/proc/", pid, "/oom_score_adj"), std::to_string(score));
    if (!set) log::warning("sandbox", "cannot set the VMM's OOM score", {{"error", set.error().message()}});
  }
}

void Sandbox::undo_create(Container& container) {
  if (container.owns_sandbox) {
    // Nothing lives without it; the machine first, so that nothing is in use.
    shut_down();
  } else {
    release_storage(container);
    give_room_back(container.id);
  }
  if (container.first) container.first->stop({255, std::chrono::system_clock::now(), "it could not be created"});
  MutexLock lock(mutex_);
  containers_.erase(container.id);
}

Result<> Sandbox::watch_process(const ContainerPtr& container, const std::shared_ptr<Process>& process) {
  Process::Watch watch;
  watch.died = [this] { return why_ended(); };
  watch.ended = [this, container](Process& ended) { process_ended(*container, ended); };
  return process->watch(machine_->agent(), threads_, std::move(watch));
}

// When the stand-in is killed, its container process shall not live on unseen.
void Sandbox::watch_standin(const std::shared_ptr<Process>& process) {
  if (process->standin() == 0) return;
  auto kill_it = [this, process] {
    if (std::holds_alternative<Stopped>(process->life())) return;
    log::warning("sandbox", "the stand-in ended first; killing its process", {{"exec", process->id().exec}});
    process->hurry();
    threads_.try_run("kill", [this, process] {
      auto killed = machine_->agent().signal_process(process->id(), 9);
      if (killed || std::holds_alternative<Stopped>(process->life())) return;
      log::error("sandbox", "cannot kill it", {{"error", killed.error().text()}});
      if (process->first()) machine_->give_up(killed.error().wrap("killing the container"));
    });
  };
  auto pidfd = sys::pidfd_open(process->standin());
  if (!pidfd) {
    kill_it();
    return;
  }
  machine_->watch_process(std::move(pidfd).value(), std::move(kill_it));
}

}  // namespace kata
