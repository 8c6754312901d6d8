// Booting a pod's machine, and its end.
#include <unistd.h>

#include <algorithm>

#include "hypervisor/registry/registry.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/proto/ports.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "runtime/host_resources/files.h"
#include "runtime/host_resources/process.h"
#include "runtime/pod_journal/kinds.h"
#include "runtime/sandbox/machine_config.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/sandbox/template.h"

namespace kata {

namespace {

constexpr size_t kShortName = 12;  // of a machine without a host name, as docker shortens an id

void add_kernel_module(const std::string& words, grpc::CreateSandboxRequest& request) {
  auto* module = request.add_kernel_modules();
  for (auto word : split(words)) {
    if (module->name().empty()) {
      module->set_name(std::string(word));
    } else {
      module->add_parameters(std::string(word));
    }
  }
}

// The resolver's configuration that the engine gave the container serves the whole machine.
void add_dns(const grpc::Spec& spec, grpc::CreateSandboxRequest& request) {
  for (const auto& mount : spec.mounts()) {
    if (mount.destination() != "/etc/resolv.conf") continue;
    auto text = sys::read_file(mount.source(), 64U << 10U);
    if (!text) return;
    for (auto line : split(*text, "\n")) request.add_dns(std::string(line));
  }
}

}  // namespace

std::string journal_path(const std::string& run_directory, const std::string& id) {
  return concat(run_directory, "/", id, "/journal");
}

std::vector<std::string> journal_roots(const std::string& run_directory, const std::string& shared_base,
                                       const std::string& bundle) {
  std::vector<std::string> roots{run_directory, shared_base};
  if (!bundle.empty() && bundle != "/") roots.push_back(bundle);
  return roots;
}

Result<> Sandbox::open_directory() {
  auto path = concat(options_.run_directory, "/", options_.id);
  TRY(sys::make_directories(options_.run_directory, 0700));
  // What a crashed shim of the same name left goes first.
  auto journal_file = journal_path(options_.run_directory, options_.id);
  auto roots = journal_roots(options_.run_directory, options_.shared_base, "");
  if (sys::exists(journal_file)) {
    log::warning("sandbox", "an earlier shim of this name left something behind; removing it");
    ignore(journal::replay(journal_file, journal_kinds(), roots));  // logged there
  }
  TRY(sys::make_directories(path, 0700));
  directory_ = path;
  journal_ = TRY(journal::Journal::open(journal_file, journal_kinds(), roots));
  TRY(host::record_process(*journal_, ::getpid()));
  TRY(host::record_tree(*journal_, path));
  TRY(sys::make_directories(path + "/vm", 0700));
  return {};
}

Result<> Sandbox::configure(const CreateRequest& request, const grpc::Spec& spec) {
  TRY(open_directory());
  config_ = TRY(load_pod_config(request.config.empty() ? options_.config : request.config,
                                {spec.annotations().begin(), spec.annotations().end()}));
  driver_ = options_.driver != nullptr ? options_.driver : TRY(hypervisor::require_driver(config_.hypervisor.name));
  choice_ = TRY(accelerator::choose(config_.hypervisor.accelerator, config_.hypervisor.agent_channel));
  log::info("sandbox", "accelerator and agent channel chosen",
            {{"accelerator", std::string(hypervisor::accelerator_name(choice_.accelerator))},
             {"why", choice_.accelerator_reason},
             {"channel", std::string(hypervisor::channel_name(choice_.channel))},
             {"why_channel", choice_.channel_reason}});
  auto shared = TRY(choose_shared_fs(config_.hypervisor));
  shared_fs_ = shared.kind;
  log::info("sandbox", "shared file system chosen",
            {{"shared_fs", std::string(storage::shared_fs_name(shared.kind))}, {"why", shared.reason}});
  return {};
}

// Before the shim is in the pod's cgroups: they shall not be charged for a template that is made for all.
void Sandbox::choose_template() {
  if (!config_.factory.enable_template) return;
  auto machine = machine_config(config_, choice_, demands_.sum(), options_.debug);
  auto found = template_for(*driver_, machine, shared_fs_, config_, choice_, factory::WhenBusy::kGiveUp);
  if (found) {
    log::info("sandbox", "the machine goes on from a template", {{"template", *found}, {"channel", "virtio-serial"}});
    machine.saved = *found;
    clone_ = std::move(machine);
    choice_.channel = hypervisor::Channel::kSerial;
  } else {
    log::warning("sandbox", "there is no template; the machine boots", {{"why", found.error().text()}});
  }
}

// A pod's later containers may bring anything, whatever its first one does.
Result<> Sandbox::boot(const CreateRequest& request, const grpc::Spec& spec, const storage::Plan& plan, bool pod) {
  // A cpuset that the shim is in by now changes what the host seems to have; the template was chosen without it.
  auto config = clone_ ? *clone_ : machine_config(config_, choice_, demands_.sum(), options_.debug);
  config.id = options_.id;
  config.directory = directory_ + "/vm";
  size_ = {config.vcpus, config.memory_mib};
  // 9p has to be there from the start; a template has it for whoever comes.
  bool as_template = cloned() && shared_fs_ == storage::SharedFs::k9p;
  if (pod || plan.shares_anything() || as_template) TRY(share_files(config));
  TRY(open_network(request, spec, config.vcpus));
  config.nics = nics_;
  config.hot_plug = pod || !plan.disks.empty() || network_ != nullptr;
  prepare_disks();
  auto vm = TRY(driver_->create(std::move(config)));
  auto settings = machine_settings(config_, choice_);
  settings.network_namespace = network_namespace();
  settings.explain = [this](const Error& cause) { return explain_end(cause); };
  settings.died = [this](const Error& cause) { machine_died(cause); };
  auto machine = TRY(Machine::create(std::move(vm), std::move(settings)));
  mark("prepared");
  {
    MutexLock lock(mutex_);
    machine_ = std::move(machine);
  }
  auto started = machine_->start();
  if (!started) {
    auto why = explain_end(why_not_started(started.error())).wrap("starting the virtual machine");
    bool damaged = why.cause() == Cause::kDamagedSavedMachine;
    return damaged ? why.hint("remove the damaged template: kata-runtime factory destroy") : why;
  }
  if (network_) network_->booted();
  TRY(host::record_process(*journal_, machine_->pid()));
  TRY(watch_virtiofsd());
  settle_cgroups();
  mark("vmStarted");
  write_state();
  return {};
}

Result<> Sandbox::enter_guest(const grpc::Spec& spec, const storage::Plan& plan) {
  TRY(machine_->connect());
  mark("agentConnected");
  grpc::CreateSandboxRequest request;
  request.set_sandbox_id(options_.id);
  auto name = spec.hostname().empty() ? options_.id.substr(0, kShortName) : spec.hostname();
  request.set_hostname(name.substr(0, 64));  // the kernel's __NEW_UTS_LEN
  request.set_guest_hook_path(config_.hypervisor.guest_hook_path);
  add_storages(plan, request);
  for (const auto& module : config_.agent.kernel_modules) add_kernel_module(module, request);
  add_dns(spec, request);
  CloneRefresh refresh(machine_->agent());
  if (cloned()) TRY(refresh.start());
  TRY_WRAP(machine_->agent().create_sandbox(request), "making the sandbox in the guest");
  TRY_WRAP(refresh.wait(), "making the machine unlike others of its template");
  {
    MutexLock lock(mutex_);
    in_guest_ = true;
  }
  follow_agent();
  mark("sandboxCreated");
  return {};
}

void Sandbox::follow_agent() {
  // The machine's own clock counts whole seconds. Beside the start, which does not wait for it.
  if (!cloned())
    threads_.try_run("clock", [this] {
      auto set = machine_->agent().synchronise_clock();
      if (!set && !machine_->agent().lost()) {
        log::warning("sandbox", "the guest's clock was not set", {{"error", set.error().text()}});
      }
    });
  if (options_.publish) {
    threads_.try_run("oom", [this] {
      while (auto container = machine_->agent().oom_event()) tell_oom(*container);
    });
  }
  if (!options_.debug && !config_.agent.enable_debug) return;
  threads_.try_run("agent-log", [this] {
    auto stream = machine_->dial(agent_port::kLog);
    if (!stream) return;
    std::string line;
    char buffer[4096];
    for (;;) {
      auto got = sys::read_some(stream->get(), buffer, sizeof buffer);
      if (!got || *got == 0) return;
      for (char c : std::string_view(buffer, *got)) {
        if (c != '\n' && line.size() < sizeof buffer) line += c;
        if (c != '\n') continue;
        log::debug("agent", line);
        line.clear();
      }
    }
  });
}

// From the machine's thread. Those that wait for a process in the guest hear it from their call failing.
void Sandbox::machine_died(const Error& cause) {
  std::vector<std::shared_ptr<Process>> processes;
  {
    MutexLock lock(mutex_);
    cause_ = cause;
    for (const auto& [id, container] : containers_) {
      if (container->first) processes.push_back(container->first);
      for (const auto& [name, exec] : container->execs) processes.push_back(exec.process);
    }
  }
  for (const auto& process : processes) process->hurry();
  write_state();
}

// Nothing while the agent still answers: then the error is the agent's own.
std::optional<Error> Sandbox::why_ended() const {
  if (!machine_->agent().lost()) return {};
  if (auto cause = machine_->cause(std::chrono::milliseconds(0))) return cause;
  return Error::make(Code::kUnavailable, "the sandbox was stopped");
}

}  // namespace kata
