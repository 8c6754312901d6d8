#include "runtime/sandbox/boot.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/oci/pod.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"
#include "runtime/host_resources/process.h"
#include "runtime/sandbox/guest_spec.h"
#include "runtime/sandbox/machine_config.h"
#include "runtime/sandbox/template.h"

namespace kata {

namespace {

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
  TRY(parts_->directory.open(pod_.options));
  TRY(pod_.step("settings"));
  parts_->settings = TRY(choose_settings(pod_.options, request.config, container.annotations));
  parts_->sizer.announce(resources::limits_of_pod(container.annotations), container.id, asked_by(container, spec));
  TRY(pod_.step("template"));
  // Before the shim is in the pod's cgroups: they shall not be charged for a template that is made for all.
  choose_template(parts_->settings, parts_->sizer.demand(), pod_.options.debug);
  TRY(pod_.step("cgroups"));
  return enter_cgroups(spec);
}

Result<> Boot::enter_cgroups(const grpc::Spec& spec) {
  cgroups::Settings settings{.sandbox_id = pod_.options.id, .cgroups_path = spec.linux().cgroupspath()};
  settings.systemd_by_default = pod_.options.systemd_cgroup;
  settings.only = parts_->settings.config.runtime.sandbox_cgroup_only;
  settings.hierarchies = cgroups::find_hierarchies();
  TRY(parts_->cgroups.enter(settings, *parts_->directory.journal));
  pod_.timing.mark(Moment::kCgroupsReady);
  return {};
}

// A pod's later containers may bring anything, whatever its first one does.
Result<hypervisor::VmConfig> Boot::describe_machine(const CreateRequest& request, const grpc::Spec& spec,
                                                    const storage::Needs& needs, const Container& container) {
  const auto& settings = parts_->settings;
  bool pod = oci::is_pod(container.annotations);
  // A cpuset that the shim is in by now changes what the host seems to have; the template was chosen without it.
  auto config = settings.clone
                    ? *settings.clone
                    : machine_config(settings.config, settings.choice, parts_->sizer.demand(), pod_.options.debug);
  config.id = pod_.options.id;
  config.directory = parts_->directory.vm();
  config.security_context = security_context(settings.config.hypervisor, spec, sys::selinux_is_on());
  // 9p has to be there from the start; a template has it for whoever comes.
  bool as_template = settings.cloned() && settings.shared_fs == storage::SharedFs::k9p;
  TRY(pod_.step("shared directory"));
  if (pod || needs.shared_directory || as_template) TRY(parts_->sharing.share(config, spec.linux().mountlabel()));
  TRY(pod_.step("network"));
  config.nics = TRY(parts_->network.open(request, spec, config.vcpus, *parts_->directory.journal));
  config.network_namespace = parts_->network.where();
  if (parts_->network.exists()) pod_.timing.mark(Moment::kNetworkReady);
  config.hot_plug = pod || needs.disks || parts_->network.exists();
  return config;
}

Result<> Boot::start(const CreateRequest& request, const grpc::Spec& spec, const storage::Needs& needs,
                     const Container& container) {
  auto config = TRY(describe_machine(request, spec, needs, container));
  hypervisor::MachineSize size{config.vcpus, config.memory_mib};
  parts_->sizer.set_size(size);
  TRY(pod_.step("machine"));
  TRY(make_machine(std::move(config)));
  pod_.timing.mark(Moment::kPrepared);
  TRY(pod_.step("start"));
  TRY(start_machine());
  parts_->network.booted();
  auto recorded = host::record_process(*parts_->directory.journal, parts_->machine->pid());
  // A VMM that has ended has no entry in /proc any more.
  if (!recorded) return parts_->machine->cause_or(recorded.error());
  TRY(parts_->sharing.watch_daemon(*parts_->machine, pod_.threads));
  parts_->cgroups.settle(parts_->sharing.helpers(), parts_->machine->vm(), size.memory_mib);
  pod_.timing.mark(Moment::kVmStarted);
  pod_.write_state(*parts_);
  return {};
}

Result<> Boot::make_machine(hypervisor::VmConfig config) {
  auto vm = TRY(parts_->settings.driver->create(std::move(config)));
  parts_->sharing.use_disks(*vm);
  auto settings = machine_settings(parts_->settings.config, parts_->settings.choice);
  settings.explain = [watch = &watch_, parts = parts_](const Error& cause) {
    return watch->explain_end(*parts, cause);
  };
  settings.died = [watch = &watch_, parts = parts_](const Error& cause) { watch->machine_died(*parts, cause); };
  parts_->machine = TRY(Machine::create(std::move(vm), std::move(settings)));
  return pod_.life.set_machine(*parts_->machine);
}

Result<> Boot::start_machine() {
  auto started = parts_->machine->start();
  if (started) return {};
  auto why = watch_.explain_end(*parts_, parts_->sharing.why_not_started(started.error()));
  bool damaged = why.cause() == Cause::kDamagedSavedMachine;
  why = why.wrap("starting the virtual machine");
  return damaged ? why.hint("remove the damaged template: kata-runtime factory destroy") : why;
}

grpc::CreateSandboxRequest Boot::describe_sandbox(const grpc::Spec& spec, const storage::Needs& needs) const {
  const auto& config = parts_->settings.config;
  grpc::CreateSandboxRequest request;
  request.set_sandbox_id(pod_.options.id);
  request.set_hostname(machine_name(spec, pod_.options.id));
  request.set_guest_hook_path(config.hypervisor.guest_hook_path);
  parts_->sharing.add_storages(needs, request);
  for (const auto& module : config.agent.kernel_modules) add_kernel_module(module, request);
  add_dns(spec, request);
  return request;
}

// Upstream's agents mount no 9p since 2022, and say so in words of their own.
Error Boot::explain_refusal(const Error& refused) const {
  auto why = refused.wrap("making the sandbox in the guest");
  if (parts_->settings.shared_fs != storage::SharedFs::k9p) return why;
  auto details = parts_->machine->agent().guest_details();
  if (!details) return why;
  const auto& handlers = details->agent_details().storage_handlers();
  if (handlers.empty() || std::find(handlers.begin(), handlers.end(), "9p") != handlers.end()) return why;
  return why.hint("set shared_fs = \"virtio-fs\" (it needs virtiofsd): the agent in this guest mounts no 9p");
}

Result<> Boot::enter_guest(const grpc::Spec& spec, const storage::Needs& needs) {
  TRY(pod_.step("agent"));
  TRY(parts_->machine->connect());
  pod_.timing.mark(Moment::kAgentConnected);
  auto request = describe_sandbox(spec, needs);
  auto& agent = parts_->machine->agent();
  TRY(pod_.step("sandbox in the guest"));
  CloneRefresh refresh(agent);
  if (parts_->settings.cloned()) TRY(refresh.start());
  if (auto made = agent.create_sandbox(request); !made) return explain_refusal(made.error());
  TRY_WRAP(refresh.wait(), "making the machine unlike others of its template");
  TRY(pod_.life.run(std::move(owned_)));
  watch_.agent(*parts_);
  pod_.timing.mark(Moment::kSandboxCreated);
  return {};
}

}  // namespace kata
