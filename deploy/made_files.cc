#include "deploy/made_files.h"

#include <algorithm>

#include "cli/engines/toml_text.h"
#include "lib/base/concat.h"
#include "runtime/config/config.h"

namespace kata::deploy {

namespace {

using cli::engines::to_text;
using cli::engines::TomlTable;

MadeFile drop_in(const std::string& name, std::string_view why, const std::string& body) {
  return {concat(kDefaults, "/config.d/", name), concat("# Made by kata-deploy, of ", why, ".\n", body)};
}

// A list replaces the one of the configuration file, so what that one allows comes first.
Result<TomlTable> allowed(const Payload& payload, const std::string& shim, const std::vector<std::string>& more) {
  auto file = concat(payload.directory, "/", kDefaults, "/configuration-", shim, ".toml");
  auto names = TRY(config::load(file)).hypervisor.enable_annotations;
  for (const auto& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return TomlTable{{"hypervisor", shim}, {{"enable_annotations", names}}};
}

}  // namespace

Result<std::vector<MadeFile>> made_files(const Settings& settings, const Payload& payload,
                                         const std::vector<std::string>& shims) {
  std::string debug, annotations;
  if (settings.debug) {
    for (const auto& path : {config::Path{"runtime"}, config::Path{"agent", "kata"}}) {
      debug += to_text({path, {{"enable_debug", true}}});
    }
  }
  for (const auto& shim : shims) {
    if (settings.debug) debug += to_text({{"hypervisor", shim}, {{"enable_debug", true}}});
    auto found = settings.annotations.find(shim);
    if (found != settings.annotations.end()) annotations += to_text(TRY(allowed(payload, shim, found->second)));
  }
  std::vector<MadeFile> out;
  if (!debug.empty()) out.push_back(drop_in("20-debug.toml", "DEBUG", debug));
  if (!annotations.empty()) {
    out.push_back(drop_in("40-annotations.toml", "ALLOWED_HYPERVISOR_ANNOTATIONS", annotations));
  }
  return out;
}

}  // namespace kata::deploy
