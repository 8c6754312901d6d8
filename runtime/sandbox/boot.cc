#include "runtime/sandbox/boot.h"

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"
#include "runtime/host_resources/process.h"
#include "runtime/sandbox/machine_config.h"
#include "runtime/sandbox/template.h"

namespace kata {

namespace {

// A VMM that has ended has no entry in /proc any more; its cause of death follows at once.
constexpr std::chrono::seconds kDeathGrace{2};
constexpr size_t kShortName = 12;    // of a machine without a host name, as docker shortens an id
constexpr size_t kLongestName = 64;  // the kernel's __NEW_UTS_LEN

void add_kernel_module(const std::string& line, grpc::CreateSandboxRequest& request) {
  auto* module = request.add_kernel_modules();
  for (auto word : split(line)) {
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

Result<> Boot::prepare(const CreateRequest& request, const grpc::Spec& spec, const Container& container) {
  TRY(pod_.step("directory"));
  TRY(all_->directory.open(pod_.options));
  TRY(pod_.step("settings"));
  all_->settings = TRY(choose_settings(pod_.options, request.config, container.annotations));
  all_->sizer.announce(resources::limits_of_pod(container.annotations), container.id, asked_by(container, spec));
  TRY(pod_.step("template"));
  // Before the shim is in the pod's cgroups: they shall not be charged for a template that is made for all.
  choose_template(all_->settings, all_->sizer.demand(), pod_.options.debug);
  TRY(pod_.step("cgroups"));
  return enter_cgroups(spec);
}

Result<> Boot::enter_cgroups(const grpc::Spec& spec) {
  cgroups::Settings settings{.sandbox_id = pod_.options.id, .cgroups_path = spec.linux().cgroupspath()};
  settings.systemd_by_default = pod_.options.systemd_cgroup;
  settings.only = all_->settings.config.runtime.sandbox_cgroup_only;
  settings.hierarchies = cgroups::find_hierarchies();
  TRY(all_->cgroups.enter(settings, *all_->directory.journal));
  pod_.timing.mark(Moment::kCgroupsReady);
  return {};
}

// A pod's later containers may bring anything, whatever its first one does.
Result<hypervisor::VmConfig> Boot::describe_machine(const CreateRequest& request, const grpc::Spec& spec,
                                                    const storage::Needs& needs, const Container& container) {
  const auto& settings = all_->settings;
  bool pod = oci::is_pod(container.annotations);
  // A cpuset that the shim is in by now changes what the host seems to have; the template was chosen without it.
  auto config = settings.clone
                    ? *settings.clone
                    : machine_config(settings.config, settings.choice, all_->sizer.demand(), pod_.options.debug);
  config.id = pod_.options.id;
  config.directory = all_->directory.vm();
  // 9p has to be there from the start; a template has it for whoever comes.
  bool as_template = settings.cloned() && settings.shared_fs == storage::SharedFs::k9p;
  TRY(pod_.step("shared directory"));
  if (pod || needs.shared_directory || as_template) TRY(all_->sharing.share(config));
  TRY(pod_.step("network"));
  config.nics = TRY(all_->network.open(request, spec, config.vcpus, *all_->directory.journal));
  if (all_->network.exists()) pod_.timing.mark(Moment::kNetworkReady);
  config.hot_plug = pod || needs.disks || all_->network.exists();
  return config;
}

Result<> Boot::start(const CreateRequest& request, const grpc::Spec& spec, const storage::Needs& needs,
                     const Container& container) {
  auto config = TRY(describe_machine(request, spec, needs, container));
  hypervisor::MachineSize size{config.vcpus, config.memory_mib};
  all_->sizer.set_size(size);
  TRY(pod_.step("machine"));
  TRY(make_machine(std::move(config)));
  pod_.timing.mark(Moment::kPrepared);
  TRY(pod_.step("start"));
  TRY(start_machine());
  all_->network.booted();
  auto recorded = host::record_process(*all_->directory.journal, all_->machine->pid());
  if (!recorded) return all_->machine->cause(kDeathGrace).value_or(recorded.error());
  TRY(all_->sharing.watch_daemon(*all_->machine, pod_.threads));
  all_->cgroups.settle(all_->sharing.helpers(), all_->machine->vm(), size.memory_mib);
  pod_.timing.mark(Moment::kVmStarted);
  pod_.write_state(*all_);
  return {};
}

Result<> Boot::make_machine(hypervisor::VmConfig config) {
  auto vm = TRY(all_->settings.driver->create(std::move(config)));
  all_->sharing.use_disks(*vm);
  auto settings = machine_settings(all_->settings.config, all_->settings.choice);
  settings.network_namespace = all_->network.where();
  settings.explain = [this_watch = &watch_, all = all_](const Error& cause) {
    return this_watch->explain_end(*all, cause);
  };
  settings.died = [this_watch = &watch_, all = all_](const Error& cause) { this_watch->machine_died(*all, cause); };
  all_->machine = TRY(Machine::create(std::move(vm), std::move(settings)));
  return pod_.life.set_machine(*all_->machine);
}

Result<> Boot::start_machine() {
  auto started = all_->machine->start();
  if (started) return {};
  auto why = watch_.explain_end(*all_, all_->sharing.why_not_started(started.error()));
  bool damaged = why.cause() == Cause::kDamagedSavedMachine;
  why = why.wrap("starting the virtual machine");
  return damaged ? why.hint("remove the damaged template: kata-runtime factory destroy") : why;
}

grpc::CreateSandboxRequest Boot::describe_sandbox(const grpc::Spec& spec, const storage::Needs& needs) const {
  const auto& config = all_->settings.config;
  grpc::CreateSandboxRequest request;
  request.set_sandbox_id(pod_.options.id);
  auto name = spec.hostname().empty() ? pod_.options.id.substr(0, kShortName) : spec.hostname();
  request.set_hostname(name.substr(0, kLongestName));
  request.set_guest_hook_path(config.hypervisor.guest_hook_path);
  all_->sharing.add_storages(needs, request);
  for (const auto& module : config.agent.kernel_modules) add_kernel_module(module, request);
  add_dns(spec, request);
  return request;
}

Result<> Boot::enter_guest(const grpc::Spec& spec, const storage::Needs& needs) {
  TRY(pod_.step("agent"));
  TRY(all_->machine->connect());
  pod_.timing.mark(Moment::kAgentConnected);
  auto request = describe_sandbox(spec, needs);
  auto& agent = all_->machine->agent();
  TRY(pod_.step("sandbox in the guest"));
  CloneRefresh refresh(agent);
  if (all_->settings.cloned()) TRY(refresh.start());
  TRY_WRAP(agent.create_sandbox(request), "making the sandbox in the guest");
  TRY_WRAP(refresh.wait(), "making the machine unlike others of its template");
  TRY(pod_.life.run(std::move(parts_)));
  watch_.agent(*all_);
  pod_.timing.mark(Moment::kSandboxCreated);
  return {};
}

}  // namespace kata
