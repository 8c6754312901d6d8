// containerd has one file, which may import others. A drop-in is right from version 2.0 on, where tables merge; before,
// a plugin's table of an imported file replaces all that the main file says of that plugin, so the main file is
// changed.
#include <algorithm>

#include "cli/engines/containerd_config.h"
#include "cli/engines/drop_in.h"
#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

using Tables = std::vector<TomlTable>;

constexpr int kMerges = 2;  // the program's, and the file's, too

bool merges_tables(const ContainerdConfig& config) {
  return config.present->program().major >= kMerges && config.version >= kMerges;
}

// Whether what we wrote into the file would be gone at the next start, and no drop-in of it would do.
bool is_made_anew(const ContainerdConfig& config, const Wish& wish) {
  return !wish.containerd.made_from.empty() && (config.directories.empty() || !merges_tables(config));
}

std::string drop_in_name(const Wish& wish) { return concat("/50-", wish.name, ".toml"); }

Result<std::vector<Edit>> edits_with_drop_in(const ContainerdConfig& config, const Wish& wish, const Tables& tables) {
  std::vector<Edit> out;
  const auto& directories = config.directories;
  bool ours = wish.containerd.takes_drop_ins || directories.empty();
  auto directory = ours ? wish.containerd.drop_ins : directories.front();
  auto body = concat("version = ", config.version, "\n");
  for (const auto& table : tables) body += "\n" + to_text(table);
  out.push_back(TRY(own_drop_in(concat(wish.root, directory, drop_in_name(wish)), maker_of(wish, "containerd"), body)));
  if (wish.containerd.takes_drop_ins || !directories.empty()) return out;
  auto import = wish.containerd.drop_ins + "/*.toml";
  out.push_back({config.file, config.text, TRY(with_import(*config.text, config.file, import))});
  return out;
}

// In the words of the template's language the first line is all that there would be without it.
constexpr std::string_view kBase = "{{ template \"base\" . }}\n";

// Nobody but its distribution can read the template as TOML: it is asked for our lines alone.
Result<std::vector<Edit>> edits_of_template(const Wish& wish, const Tables& tables) {
  Edit edit{.path = wish.root + wish.containerd.made_from};
  edit.before = TRY(read_if_there(edit.path));
  edit.after = edit.before.value_or(std::string(kBase));
  std::string ours;
  for (const auto& table : tables) ours += "\n" + to_text(table);
  if (edit.after.find(ours) != std::string::npos) return std::vector<Edit>{edit};
  auto name = to_text({tables.front().path, {}});
  if (edit.after.find(name) != std::string::npos) return is_another_one(edit.path, wish.name);
  if (!edit.after.ends_with('\n')) edit.after += "\n";
  edit.after += ours;
  return std::vector<Edit>{edit};
}

Result<std::vector<Edit>> edits_of(const ContainerdConfig& config, const Wish& wish) {
  auto ours = containerd_runtime(config, wish);
  if (wish.containerd.takes_drop_ins) return edits_with_drop_in(config, wish, ours);
  if (is_made_anew(config, wish)) return edits_of_template(wish, ours);
  auto is_said = [&](const TomlTable& table) { return says(config.document, table); };
  bool is_more = wish.exactly && says_more(config.document, ours);
  if (!is_more && std::all_of(ours.begin(), ours.end(), is_said)) {
    return std::vector<Edit>{{config.file, config.text, *config.text}};
  }
  if (has_table(config.document, ours.front().path)) return is_another_one(config.file, wish.name);
  if (config.text && merges_tables(config)) return edits_with_drop_in(config, wish, ours);
  auto tables = runtimes_to_keep(config);
  tables.insert(tables.end(), ours.begin(), ours.end());
  auto text = config.text.value_or(concat("version = ", config.version, "\n"));
  for (const auto& each : tables) text = TRY(with_table(text, config.file, each));
  return std::vector<Edit>{{config.file, config.text, text}};
}

// Whether the main file, and not the one from before it was changed, imports our directory.
bool imports_because_of_us(const ContainerdConfig& config, const Wish& wish) {
  auto has = [&](const config::Document& document) {
    auto found = import_directories(document, wish.containerd.file);
    return std::find(found.begin(), found.end(), wish.containerd.drop_ins) != found.end();
  };
  auto backup = read_if_there(backup_of(config.file, wish.name));
  if (!backup || !*backup) return false;
  auto before = config::parse_toml(**backup, config.file);
  return before && has(config.document) && !has(*before);
}

// Runtimes whose drop-in is gone, while the import that came with it had to stay for others. It goes with the last one.
std::vector<std::string> names_left(const ContainerdConfig& config, const Wish& wish) {
  std::vector<std::string> out;
  auto start = sys::last_of(backup_of(config.file, ""));
  for (const auto& file : sys::list_directory(sys::parent_of(config.file)).value_or(std::vector<std::string>())) {
    if (!file.starts_with(start) || !file.ends_with(kRecord)) continue;
    Wish other = wish;
    other.name = file.substr(start.size(), file.size() - start.size() - kRecord.size());
    bool is_there = other.name == wish.name || !imports_because_of_us(config, other) ||
                    std::any_of(config.directories.begin(), config.directories.end(), [&](const auto& directory) {
                      return sys::exists(concat(wish.root, directory, drop_in_name(other)));
                    });
    if (!is_there) out.push_back(other.name);
  }
  return out;
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
    out.check = [wish, config = std::move(config)](const auto& edits) {
      bool alone = wish.containerd.takes_drop_ins || is_made_anew(config, wish);
      return alone ? check_containerd_alone(config, wish) : check_containerd(config, wish, edits);
    };
    return out;
  }

  Result<std::vector<Trace>> traces(const Wish& wish) const override {
    auto config = TRY(read_containerd_config(wish, {}));
    auto& all = config.directories;
    const auto& usual = wish.containerd.drop_ins;
    if (std::find(all.begin(), all.end(), usual) == all.end()) all.push_back(usual);
    std::vector<Trace> out;
    for (const auto& directory : config.directories) {
      out.push_back({.path = concat(wish.root, directory, drop_in_name(wish)), .owner = Owner::kOurs});
    }
    Trace main{.path = config.file};
    if (imports_because_of_us(config, wish)) main.directory = wish.root + wish.containerd.drop_ins;
    out.push_back(std::move(main));
    for (auto& name : names_left(config, wish)) {
      out.push_back({.path = config.file, .name = std::move(name), .directory = wish.root + usual});
    }
    const auto& made_from = wish.containerd.made_from;
    if (!made_from.empty()) out.push_back({.path = wish.root + made_from});
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
