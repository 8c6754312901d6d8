#include "runtime/config/apply.h"
#include "runtime/config/resolve.h"
#include "runtime/config/schema.h"
#include "runtime/config/search.h"

namespace kata::config {

Result<Config> load(const std::string& path) {
  Config config;
  set_defaults(config);
  config.file = TRY(choose_file(path, default_paths()));
  if (!config.file.empty()) {
    auto document = TRY(read_toml(config.file));
    config.drop_ins = TRY(find_drop_ins(config.file));
    for (const auto& drop_in : config.drop_ins) merge(document, TRY(read_toml(drop_in)));
    TRY(apply(config, document));
  }
  TRY(resolve(config));
  return config;
}

}  // namespace kata::config
