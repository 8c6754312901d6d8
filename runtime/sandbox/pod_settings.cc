#include "runtime/sandbox/pod_settings.h"

#include "lib/base/log.h"
#include "runtime/sandbox/machine_config.h"
#include "runtime/sandbox/template.h"

namespace kata {

Result<PodSettings> choose_settings(const SandboxOptions& options, const std::string& file,
                                    const std::map<std::string, std::string>& annotations) {
  PodSettings out;
  out.config = TRY(load_pod_config(file.empty() ? options.config : file, annotations));
  auto& hypervisor = out.config.hypervisor;
  if (options.driver != nullptr) {
    hypervisor.driver = options.driver;
    hypervisor.own = hypervisor::OwnSettings(options.driver->settings());
  }
  out.driver = hypervisor.driver;
  out.choice = TRY(accelerator::choose(hypervisor));
  log::info("sandbox", "accelerator and agent channel chosen",
            {{"accelerator", std::string(hypervisor::accelerator_name(out.choice.accelerator))},
             {"why", out.choice.accelerator_reason},
             {"channel", std::string(hypervisor::channel_name(out.choice.channel))},
             {"why_channel", out.choice.channel_reason}});
  auto shared = TRY(storage::choose_shared_fs(hypervisor));
  out.shared_fs = shared.kind;
  log::info("sandbox", "shared file system chosen",
            {{"shared_fs", std::string(storage::shared_fs_name(shared.kind))}, {"why", shared.reason}});
  return out;
}

void choose_template(PodSettings& settings, const resources::Demand& demand, bool debug) {
  if (!settings.config.factory.enable_template) return;
  auto machine = machine_config(settings.config, settings.choice, demand, debug);
  auto found = template_for(*settings.driver, machine, settings.shared_fs, settings.config, settings.choice,
                            factory::WhenBusy::kGiveUp);
  if (!found) {
    log::warning("sandbox", "there is no template; the machine boots", {{"why", found.error().text()}});
    return;
  }
  log::info("sandbox", "the machine goes on from a template", {{"template", *found}});
  machine.saved = *found;
  settings.clone = std::move(machine);
  settings.choice.channel = hypervisor::clone_channel(settings.driver->capabilities());
}

}  // namespace kata
