#include <algorithm>

#include "cli/engines/containerd_config.h"
#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/sys/file.h"
#include "lib/sys/root_path.h"

namespace kata::cli::engines {

namespace {

using config::Document;
using config::Path;

constexpr char kPlace[] = "/tmp/kata-install-";

// The plugin's name is that of the version that the program works with, whatever the file's is.
bool has_runtime(const Document& document, const Wish& wish) {
  const Path end{"containerd", "runtimes", wish.name, "runtime_type"};
  return std::any_of(document.values.begin(), document.values.end(), [&](const auto& entry) {
    const auto& [path, setting] = entry;
    if (path.size() < end.size() || !std::equal(end.rbegin(), end.rend(), path.rbegin())) return false;
    const auto* text = std::get_if<std::string>(&setting.value);
    return text != nullptr && (*text == kShimType || *text == wish.shim);
  });
}

// The first value that is not what it was; empty: all are.
std::string lost(const Document& before, const Document& after) {
  for (const auto& [path, setting] : before.values) {
    if (path == Path{"imports"}) continue;
    auto found = after.values.find(path);
    if (found == after.values.end() ? is_empty(setting.value) : found->second.value == setting.value) continue;
    std::string name;
    for (const auto& key : path) name += concat(name.empty() ? "" : ".", key);
    return name;
  }
  return {};
}

// What containerd makes of a file and all that it imports.
Result<Document> dump(const Program& program, const std::string& file) {
  auto text = TRY(output_of({program.path, "--config", file, "config", "dump"}));
  return config::parse_toml(text, concat("what ", program.path, " makes of ", file));
}

// The directories that the main file will import, without wish.root.
Result<std::vector<std::string>> imported(const ContainerdConfig& config, const Wish& wish,
                                          const std::vector<Edit>& edits) {
  for (const auto& edit : edits) {
    if (edit.owner != Owner::kTheirs || !edit.changes()) continue;
    return import_directories(TRY(config::parse_toml(edit.after, edit.path)), wish.containerd.file);
  }
  return config.directories;
}

// The files as they shall be, where containerd reads them without touching those that are there.
class Candidate {
 public:
  explicit Candidate(std::string directory) : directory_(std::move(directory)) {}
  ~Candidate() {
    ignore(sys::remove_tree(directory_));
    if (!beside_.empty()) ignore(sys::remove_file(beside_));
  }
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  // The file that imports all of them; a drop-in only where the main file, as it shall be, does.
  Result<std::string> write(const ContainerdConfig& config, const Wish& wish, const std::vector<Edit>& edits) {
    auto main = config.file;
    auto directories = TRY(imported(config, wish, edits));
    std::string imports;
    for (const auto& edit : edits) {
      if (!edit.changes()) continue;
      if (edit.owner == Owner::kOurs) {
        auto directory = sys::parent_of(edit.path).substr(wish.root.size());
        if (std::find(directories.begin(), directories.end(), directory) == directories.end()) continue;
        imports += ", " + config::to_toml(TRY(add("drop-in.toml", edit.after)));
      } else if (edit.before) {
        main = beside_ = edit.path + ".kata-check";  // its imports may be relative
        TRY(sys::write_file(main, edit.after, 0600));
      } else {
        main = TRY(add("config.toml", edit.after));
      }
    }
    if (imports.empty()) return main;
    return add("check.toml",
               concat("version = ", config.version, "\nimports = [", config::to_toml(main), imports, "]\n"));
  }

  Result<std::string> add(const std::string& name, const std::string& text) {
    auto path = concat(directory_, "/", name);
    TRY(sys::write_file(path, text, 0600));
    return path;
  }

 private:
  std::string directory_;
  std::string beside_;
};

}  // namespace

const Result<Document>& Present::document() {
  if (!answer_) answer_ = program_ ? ask() : Document{};
  return *answer_;
}

Result<Document> Present::ask() const {
  if (is_there_) return dump(program_, file_);
  Candidate none(TRY(sys::make_temporary_directory(kPlace)));
  return dump(program_, TRY(none.add("none.toml", concat("version = ", version_, "\n"))));
}

Result<> check_containerd_alone(const ContainerdConfig& config, const Wish& wish) {
  auto text = concat("version = ", config.version, "\n");
  for (const auto& table : containerd_runtime(config, wish)) text += "\n" + to_text(table);
  Candidate candidate(TRY(sys::make_temporary_directory(kPlace)));
  auto found = TRY(dump(config.present->program(), TRY(candidate.add("alone.toml", text))));
  if (has_runtime(found, wish)) return {};
  return Error::make(Code::kFailedPrecondition,
                     concat("it makes no runtime of [", wish.name, "] in a configuration of version ", config.version));
}

Result<> check_containerd(const ContainerdConfig& config, const Wish& wish, const std::vector<Edit>& edits) {
  const auto& now = config.present->document();
  if (!now) return now.error().wrap(concat("before any change, ", config.file));
  const auto& before = *now;
  Candidate candidate(TRY(sys::make_temporary_directory(kPlace)));
  auto after = TRY(dump(config.present->program(), TRY(candidate.write(config, wish, edits))));
  if (!has_runtime(after, wish)) {
    return Error::make(Code::kFailedPrecondition, concat("with it, containerd has no runtime ", wish.name,
                                                         ": another file that ", config.file, " imports hides it"))
        .hint("add the runtime to that file by hand");
  }
  if (auto name = lost(before, after); !name.empty()) {
    return Error::make(Code::kFailedPrecondition, concat("with it, containerd would forget ", name))
        .hint(concat("add the runtime to ", config.file, " by hand"));
  }
  return {};
}

}  // namespace kata::cli::engines
