#include "runtime/sandbox/machine_config.h"

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/proto/ports.h"
#include "runtime/resources/sizing.h"

namespace kata {

namespace {

// How long the agent waits for a device that was just plugged in.
std::string hot_plug_patience(const accelerator::Choice& choice) {
  constexpr int kSeconds = 3;  // the agent's own
  return concat("agent.hotplug_timeout=", kSeconds * choice.timeout_factor);
}

std::vector<std::string> kernel_parameters(const config::Config& config, const accelerator::Choice& choice,
                                           bool debug) {
  std::vector<std::string> out{hot_plug_patience(choice)};
  if (debug) {
    out.emplace_back("agent.log=debug");
    out.emplace_back(concat("agent.log_vport=", agent_port::kLog));
  }
  if (config.agent.debug_console_enabled) {
    out.emplace_back("agent.debug_console");
    out.emplace_back(concat("agent.debug_console_vport=", agent_port::kDebugConsole));
  }
  // The configuration's own come last and win.
  for (auto word : split(config.hypervisor.kernel_params)) out.emplace_back(word);
  return out;
}

}  // namespace

Result<config::Config> load_pod_config(const std::string& file, const std::map<std::string, std::string>& annotations) {
  auto config = TRY(config::load(file));
  auto applied = config::apply_annotations(config, annotations);
  for (const auto& warning : config.warnings) log::warning("config", warning);
  if (!applied) return applied.error();
  if (config.runtime.enable_debug) log::set_level(log::Level::kDebug);
  return config;
}

hypervisor::VmConfig machine_config(const config::Config& config, const accelerator::Choice& choice,
                                    const resources::Demand& demand, bool debug) {
  const auto& from = config.hypervisor;
  hypervisor::VmConfig out{.path = from.path};
  out.kernel = from.kernel;
  out.initrd = from.initrd;
  out.image = from.image;
  out.firmware = from.firmware;
  out.kernel_params = kernel_parameters(config, choice, debug || config.agent.enable_debug);
  if (!from.entropy_source.empty()) out.entropy_source = from.entropy_source;
  out.own = from.own;
  resources::set_size(out, config, demand, config::host_size());
  out.accelerator = choice.accelerator;
  out.channel = choice.channel;
  out.free_page_reporting = from.reclaim_guest_freed_memory;
  out.debug = from.enable_debug || debug;
  return out;
}

std::string security_context(const config::Hypervisor& config, const grpc::Spec& spec, bool on) {
  if (!on || config.disable_selinux) return {};
  return config.selinux_label.empty() ? spec.process().selinuxlabel() : config.selinux_label;
}

Machine::Settings machine_settings(const config::Config& config, const accelerator::Choice& choice) {
  Machine::Settings out{.timeout_factor = choice.timeout_factor};
  if (config.agent.dial_timeout > 0) out.dial_timeout = std::chrono::seconds(config.agent.dial_timeout);
  if (config.runtime.create_container_timeout > 0) {
    out.create_container_timeout = std::chrono::seconds(config.runtime.create_container_timeout);
  }
  return out;
}

}  // namespace kata
