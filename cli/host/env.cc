#include "cli/host/env.h"

#include <cstdio>

#include "lib/text/json.h"
#include "runtime/host_check/environment.h"

namespace kata::cli {

namespace {

struct Print {
  JsonWriter& json;
  void operator()(const host_check::Table& table) const {
    json.begin_object();
    for (const auto& entry : table) {
      json.key(entry.name);
      std::visit(*this, entry.value);
    }
    json.end_object();
  }
  void operator()(const std::vector<std::string>& list) const {
    json.begin_array();
    for (const auto& text : list) json.value(text);
    json.end_array();
  }
  template <typename T>
  void operator()(const T& value) const {
    json.value(value);
  }
};

}  // namespace

int run_env(const EnvOptions& options) {
  auto config = config::load(options.config);
  if (!config) {
    std::fprintf(stderr, "ERROR: %s\n", config.error().text().c_str());
    return 1;
  }
  auto table = host_check::describe_environment(*config);
  JsonWriter json;
  if (options.json) Print{json}(table);
  auto text = options.json ? json.text() + "\n" : host_check::to_toml(table);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace kata::cli
