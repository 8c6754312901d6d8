#include "cli/host/factory.h"

#include <array>
#include <ctime>

#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "runtime/config/config.h"
#include "runtime/factory/template.h"
#include "runtime/sandbox/machine_config.h"
#include "runtime/sandbox/template.h"

namespace kata::cli {

namespace {

constexpr uint64_t kMib = 1U << 20U;

Result<config::Config> load_enabled(const std::string& path) {
  auto config = TRY(config::load(path));
  if (config.runtime.enable_debug) log::set_level(log::Level::kDebug);
  if (config.factory.enable_template) return config;
  auto file = config.file.empty() ? std::string("the configuration file") : config.file;
  return Error::make(Code::kFailedPrecondition, "vm factory not enabled")
      .hint(concat("set enable_template = true in the [factory] table of ", file));
}

std::string local_time(int64_t seconds) {
  auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&when, &parts) == nullptr) return "?";
  return {text.data(), std::strftime(text.data(), text.size(), "%F %T", &parts)};
}

}  // namespace

Result<int> run_factory_init(const std::string& path) {
  auto config = TRY(load_enabled(path));
  auto choice = TRY(accelerator::choose(config.hypervisor));
  resources::Demand no_limits{.default_cpus = true, .default_memory = true};
  auto machine = machine_config(config, choice, no_limits, false);
  const auto& driver = *config.hypervisor.driver;
  auto shared_fs = TRY(storage::choose_shared_fs(config.hypervisor)).kind;
  TRY_WRAP(template_for(driver, std::move(machine), shared_fs, config, choice, factory::WhenBusy::kWait), "vm factory");
  TRY(print("vm factory initialized\n"));
  return 0;
}

Result<int> run_factory_status(const std::string& path) {
  auto config = TRY(load_enabled(path));
  auto templates = TRY(factory::list(config.factory.template_path));
  TRY(print(templates.empty() ? "vm factory is off\n" : "vm factory is on\n"));
  if (templates.empty()) return 0;
  Table table({"TEMPLATE", "MIB", "MADE", "KERNEL"});
  for (const auto& one : templates) {
    table.add({one.place, concat((one.bytes + kMib / 2) / kMib), local_time(one.made_at), one.kernel});
  }
  TRY(print(table.text()));
  return 0;
}

Result<int> run_factory_destroy(const std::string& path) {
  auto config = TRY(load_enabled(path));
  TRY_WRAP(factory::destroy(config.factory.template_path), "vm factory");
  TRY(print("vm factory destroyed\n"));
  return 0;
}

}  // namespace kata::cli
