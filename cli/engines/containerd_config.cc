#include "cli/engines/containerd_config.h"

#include <cstdlib>
#include <map>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

constexpr std::string_view kEveryToml = "/*.toml";

constexpr int64_t kNoVersionGiven = 1;
constexpr int64_t kVersionOf1 = 2;  // the newest that containerd 1.x takes
constexpr int64_t kVersionOf2 = 3;  // what every containerd 2.x takes

constexpr int kKeepsItsOwn = 2;

std::string plugin_name(int64_t version) {
  if (version <= 1) return "cri";
  return version == 2 ? "io.containerd.grpc.v1.cri" : "io.containerd.cri.v1.runtime";
}

// containerd 1.6 reads runtime_path and looks in its PATH all the same; as a type it takes an absolute path, too.
bool uses_runtime_path(const Program& program) {
  constexpr int kFirstMinor = 7;
  auto numbers = split(program.version, ".");
  return program.major != 1 || numbers.size() < 2 || std::atoi(std::string(numbers[1]).c_str()) >= kFirstMinor;
}

int64_t version_of(const config::Document& document) {
  auto found = document.values.find({"version"});
  const auto* number = found == document.values.end() ? nullptr : std::get_if<int64_t>(&found->second.value);
  return number == nullptr ? kNoVersionGiven : *number;
}

}  // namespace

Result<ContainerdConfig> read_containerd_config(const Wish& wish, const Program& program) {
  ContainerdConfig out;
  out.file = wish.root + wish.containerd.file;
  out.text = TRY(read_if_there(out.file));
  if (out.text) {
    out.document = TRY(config::parse_toml(*out.text, out.file));
    out.version = version_of(out.document);
    out.directories = import_directories(out.document, wish.containerd.file);
  } else {
    out.version = program.major >= 2 ? kVersionOf2 : kVersionOf1;
  }
  out.present = std::make_shared<Present>(program, out.file, out.text.has_value(), out.version);
  return out;
}

config::Path containerd_runtimes(int64_t version) {
  return {"plugins", plugin_name(version), "containerd", "runtimes"};
}

std::vector<TomlTable> containerd_runtime(const ContainerdConfig& config, const Wish& wish) {
  TomlTable runtime{containerd_runtimes(config.version), {}};
  runtime.path.push_back(wish.name);
  bool by_name = is_in_service_path(sys::parent_of(wish.shim));
  bool by_type = !by_name && !uses_runtime_path(config.present->program());
  runtime.values.emplace_back("runtime_type", by_type ? wish.shim : std::string(kShimType));
  if (!by_name && !by_type) runtime.values.emplace_back("runtime_path", wish.shim);
  runtime.values.emplace_back("pod_annotations", config::Strings{"io.katacontainers.*"});
  if (wish.privileged_without_host_devices) runtime.values.emplace_back("privileged_without_host_devices", true);
  if (!wish.snapshotter.empty()) runtime.values.emplace_back("snapshotter", wish.snapshotter);
  if (wish.configuration.empty()) return {std::move(runtime)};
  TomlTable options{runtime.path, {{"ConfigPath", wish.configuration}}};
  options.path.emplace_back("options");
  return {std::move(runtime), std::move(options)};
}

bool is_empty(const config::Value& value) {
  return value == config::Value{} || value == config::Value{false} || value == config::Value{int64_t{0}} ||
         value == config::Value{std::string()} || value == config::Value{config::Strings()};
}

std::vector<TomlTable> runtimes_to_keep(const ContainerdConfig& config) {
  auto runtimes = containerd_runtimes(config.version);
  if (config.present->program().major >= kKeepsItsOwn || has_table(config.document, runtimes)) return {};
  std::map<std::string, TomlTable> found;
  const auto& dump = config.present->document();
  for (const auto& [path, setting] : dump ? dump->values : config::Document{}.values) {
    if (path.size() != runtimes.size() + 2 || path[2] != runtimes[2] || path[3] != runtimes[3]) continue;
    if (!is_empty(setting.value)) found[path[4]].values.emplace_back(path.back(), setting.value);
  }
  if (found.empty()) found["runc"].values.emplace_back("runtime_type", std::string("io.containerd.runc.v2"));
  std::vector<TomlTable> out;
  for (auto& [name, table] : found) {
    table.path = runtimes;
    table.path.push_back(name);
    out.push_back(std::move(table));
  }
  return out;
}

std::vector<std::string> import_directories(const config::Document& document, const std::string& file) {
  std::vector<std::string> out;
  auto found = document.values.find({"imports"});
  const auto* imports = found == document.values.end() ? nullptr : std::get_if<config::Strings>(&found->second.value);
  if (imports == nullptr) return out;
  for (const auto& pattern : *imports) {
    if (!pattern.ends_with(kEveryToml)) continue;
    auto directory = pattern.substr(0, pattern.size() - kEveryToml.size());
    if (directory.empty() || directory.find_first_of("*?[") != std::string::npos) continue;
    out.push_back(directory.starts_with('/') ? directory : concat(sys::parent_of(file), "/", directory));
  }
  return out;
}

}  // namespace kata::cli::engines
