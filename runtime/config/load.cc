#include "runtime/config/apply.h"
#include "runtime/config/resolve.h"
#include "runtime/config/schema.h"
#include "runtime/config/search.h"

namespace kata::config {

Result<Config> load(const std::string& path) {
  auto file = TRY(choose_file(path, default_paths()));
  Document document;
  std::vector<std::string> drop_ins;
  if (!file.empty()) {
    document = TRY(read_toml(file));
    drop_ins = TRY(find_drop_ins(file));
    for (const auto& drop_in : drop_ins) merge(document, TRY(read_toml(drop_in)));
  }
  Schema schema(*TRY(choose_driver(document)));
  auto config = schema.defaults();
  config.file = std::move(file);
  config.drop_ins = std::move(drop_ins);
  TRY(apply(config, schema, document));
  TRY(resolve(config));
  TRY(warn_of_open_annotations(config));
  return config;
}

}  // namespace kata::config
