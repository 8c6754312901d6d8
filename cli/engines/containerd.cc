// containerd has one file, which may import others. A drop-in is right from version 2.0 on, where tables merge; before,
// a plugin's table of an imported file replaces all that the main file says of that plugin, so the main file is
// changed.
#include <algorithm>

#include "cli/engines/containerd_config.h"
#include "cli/engines/drop_in.h"
#include "lib/base/concat.h"

namespace kata::cli::engines {

namespace {

constexpr int kMerges = 2;  // the program's, and the file's, too

std::string drop_in_name(const Wish& wish) { return concat("/50-", wish.name, ".toml"); }

Result<std::vector<Edit>> edits_with_drop_in(const ContainerdConfig& config, const Wish& wish, const TomlTable& table) {
  std::vector<Edit> out;
  const auto& directories = config.directories;
  auto directory = directories.empty() ? std::string(kContainerdDropIns) : directories.front();
  auto body = concat("version = ", config.version, "\n\n", to_text(table));
  out.push_back(TRY(own_drop_in(concat(wish.root, directory, drop_in_name(wish)), "containerd", body)));
  if (!directories.empty()) return out;
  out.push_back({config.file, config.text, TRY(with_import(*config.text, config.file, kContainerdImport))});
  return out;
}

Result<std::vector<Edit>> edits_of(const ContainerdConfig& config, const Wish& wish) {
  auto table = containerd_runtime(config.version, wish);
  if (says(config.document, table)) return std::vector<Edit>{{config.file, config.text, *config.text}};
  if (has_table(config.document, table.path)) return is_another_one(config.file, wish.name);
  if (config.text && config.present->program().major >= kMerges && config.version >= kMerges) {
    return edits_with_drop_in(config, wish, table);
  }
  auto tables = runtimes_to_keep(config);
  tables.push_back(table);
  auto text = config.text.value_or(concat("version = ", config.version, "\n"));
  for (const auto& each : tables) text = TRY(with_table(text, config.file, each));
  return std::vector<Edit>{{config.file, config.text, text}};
}

// Whether the main file, and not the one from before it was changed, imports our directory.
bool imports_because_of_us(const ContainerdConfig& config, const std::string& name) {
  auto has = [&](const config::Document& document) {
    auto found = import_directories(document, config.file);
    return std::find(found.begin(), found.end(), kContainerdDropIns) != found.end();
  };
  auto backup = read_if_there(backup_of(config.file, name));
  if (!backup || !*backup) return false;
  auto before = config::parse_toml(**backup, config.file);
  return before && has(config.document) && !has(*before);
}

class Containerd : public Engine {
 public:
  std::string name() const override { return "containerd"; }
  std::string program() const override { return "containerd"; }
  std::string restart() const override { return "systemctl restart containerd"; }

  Result<Plan> plan(const Wish& wish, const Program& program) const override {
    Plan out;
    auto config = TRY(read_containerd_config(wish, program));
    out.edits = TRY(edits_of(config, wish));
    out.notes.push_back(concat("by shim, ", wish.shim, ", for a configuration of version ", config.version));
    out.example = concat("crictl runp --runtime ", wish.name, " pod.json");
    out.check = [wish, config = std::move(config)](const auto& edits) { return check_containerd(config, wish, edits); };
    return out;
  }

  Result<std::vector<Trace>> traces(const Wish& wish) const override {
    auto config = TRY(read_containerd_config(wish, {}));
    config.directories.emplace_back(kContainerdDropIns);
    std::vector<Trace> out;
    for (const auto& directory : config.directories) {
      out.push_back({.path = concat(wish.root, directory, drop_in_name(wish)), .owner = Owner::kOurs});
    }
    Trace main{.path = config.file};
    if (imports_because_of_us(config, wish.name)) main.directory = wish.root + kContainerdDropIns;
    out.push_back(std::move(main));
    return out;
  }

  Result<Look> look(const Wish& wish, const Program& program) const override {
    auto config = TRY(read_containerd_config(wish, program));
    std::vector<std::string> places{config.file};
    for (const auto& directory : config.directories) places.push_back(concat(wish.root, directory, "/"));
    for (int64_t version : {1, 2, 3}) {
      auto found = TRY(look_in(places, ".toml", containerd_runtimes(version), "runtime_type"));
      if (found.registered) return found;
    }
    return Look{};
  }
};

}  // namespace

const Engine& containerd() {
  static const Containerd engine;
  return engine;
}

}  // namespace kata::cli::engines
