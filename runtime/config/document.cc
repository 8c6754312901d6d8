// What is written from the schema: the default file, the reference, the values in use.
#include <array>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "runtime/config/schema.h"

namespace kata::config {

namespace {

constexpr std::array kSections = {Section::kHypervisor, Section::kFactory, Section::kAgent, Section::kMemAgent,
                                  Section::kRuntime};

constexpr size_t kColumns = 100;

std::vector<const Key*> keys_of(const Schema& schema, Section section, bool used) {
  std::vector<const Key*> keys;
  for (const auto* key : schema.keys()) {
    if (key->section == section && key->used() == used) keys.push_back(key);
  }
  return keys;
}

// A comment of whole words, without Markdown's back quotes.
std::string comment(std::string_view text) {
  std::string out = "#";
  size_t column = 1;
  for (auto piece : split(text)) {
    std::string word(piece);
    std::erase(word, '`');
    if (column + 1 + word.size() > kColumns) {
      out.append("\n#");
      column = 1;
    }
    out.append(" ").append(word);
    column += 1 + word.size();
  }
  return out + "\n";
}

std::string dialect_text(const Key& key) {
  switch (key.dialect) {
    case Dialect::kGo:
      return "Go";
    case Dialect::kRust:
      return "Rust";
    case Dialect::kOurs:
      return "ours";
    case Dialect::kBoth:
      return "both";
  }
  return "";
}

std::string names(const Key& key) {
  auto text = concat("`", key.name, "`");
  for (const auto& alias : key.aliases) text.append(concat(", `", alias.name, "`"));
  return text;
}

std::string type_text(const Key& key) {
  if (!key.choices.empty()) {
    std::string text;
    for (const auto& choice : key.choices) text.append(concat(text.empty() ? "`" : ", `", choice.word, "`"));
    return text;
  }
  auto name = type_name(key.fallback);
  for (std::string_view article : {"a ", "an "}) {
    if (name.starts_with(article)) return std::string(name.substr(article.size()));
  }
  return std::string(name);
}

std::string used_row(const Key& key) {
  auto annotation = key.annotation.empty() ? std::string() : concat("`", key.annotation, "`");
  return concat("| ", names(key), " | ", type_text(key), " | `", to_toml(key.fallback), "` | ", annotation, " | ",
                dialect_text(key), " | ", key.doc, " |\n");
}

std::string unused_row(const Key& key) {
  std::string_view effect = "a warning";
  if (key.unused == Unused::kHarmless) effect = "nothing";
  if (key.unused == Unused::kRefuse) effect = "an error";
  auto standard =
      std::holds_alternative<std::monostate>(key.fallback) ? "not set" : concat("`", to_toml(key.fallback), "`");
  return concat("| ", names(key), " | ", standard, " | ", dialect_text(key), " | ", effect, " | ", key.doc, " |\n");
}

std::string search_list() {
  std::string out;
  for (const auto& path : default_paths()) out.append(concat("1. `", path, "`\n"));
  out.append(
      "\nUnder a name of its own, `io.containerd.kata-fc.v2` for instance, the shim looks for `configuration-fc.toml` "
      "in the "
      "same\nplaces, before the list above, unless `ConfigPath` or `KATA_CONF_FILE` says otherwise.\n");
  return out;
}

// What an empty `path` means, for each hypervisor.
std::string hypervisor_search() {
  std::string out = "\nAn empty `path` is the first of these names in `PATH`";
  for (auto directory : hypervisor::program_directories()) out.append(concat(", `", directory, "`"));
  out.append(":\n\n| hypervisor | binary |\n|---|---|\n");
  for (const auto* driver : hypervisor::drivers()) {
    out.append(concat("| `[hypervisor.", driver->name(), "]` | `", driver->program(), "` |\n"));
  }
  return out;
}

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Generated from the schema in runtime/config. A test compares this page with the schema; to write it
     anew: KATA_WRITE_DOCS=1 kata_config_test -->

kata-cpp needs no configuration file. It reads one when it was named, or when one of the usual places has one:

1. the path of `kata-runtime --config`, or `ConfigPath` of containerd's runtime options,
1. the environment variable `KATA_CONF_FILE`,
)";

constexpr std::string_view kRules = R"(
Then come the files `config.d/*.toml` beside that file (its symbolic links resolved), in the order of their names:
a value replaces the one before it, an array as a whole, and tables merge.

Files of Kata Containers' Go runtime and of its Rust runtime are read as they are; the column "from" says whose name
a key is. A key that is not known is a warning with its file and line, a value of the wrong type is an error with
file, line and column. An empty word, and a 0 where a key's least value is more, mean the default. There may be one `[hypervisor.X]` table; it chooses the hypervisor.

Annotations of the pod's first container (`io.katacontainers.config.hypervisor.X`, `.agent.X`, `.runtime.X`) change
single values. Those of the hypervisor must be allowed by `enable_annotations`; containerd must pass them on
(`pod_annotations = ["io.katacontainers.*"]` of its runtime).
)";

constexpr std::string_view kUnusedIntroduction = R"(
## Accepted, but not used yet

These keys of upstream's files are known. The column "other value" says what happens when a file sets them to
something else than the default: "nothing" stands at those that only say more about another of them, or that ask for
what happens anyway.
)";

}  // namespace

std::string default_configuration() {
  Schema schema(hypervisor::default_driver());
  std::string out = "# kata-cpp's configuration. Every key is at its default; remove the # to change one.\n";
  for (auto section : kSections) {
    auto keys = keys_of(schema, section, true);
    if (keys.empty()) continue;
    out.append(concat("\n", schema.title(section), "\n"));
    for (const auto* key : keys) {
      if (key->section == Section::kAgent && key->dialect == Dialect::kRust) continue;  // has a better place
      out.append("\n").append(comment(key->doc));
      out.append(concat("#", key->name, " = ", to_toml(key->fallback), "\n"));
    }
  }
  return out;
}

std::string reference_markdown() {
  Schema schema(hypervisor::default_driver());
  auto out = concat(kIntroduction, search_list(), kRules);
  for (auto section : kSections) {
    auto keys = keys_of(schema, section, true);
    if (keys.empty()) continue;
    out.append(concat("\n## `", schema.title(section),
                      "`\n\n| key | type | default | annotation | from | meaning |\n"
                      "|---|---|---|---|---|---|\n"));
    for (const auto* key : keys) out.append(used_row(*key));
    if (section == Section::kHypervisor) out.append(hypervisor_search());
  }
  out.append(kUnusedIntroduction);
  for (auto section : kSections) {
    auto keys = keys_of(schema, section, false);
    if (keys.empty()) continue;
    out.append(concat("\n### `", schema.title(section),
                      "`\n\n| key | default | from | other value | meaning |\n"
                      "|---|---|---|---|---|\n"));
    for (const auto* key : keys) out.append(unused_row(*key));
  }
  return out;
}

std::string effective_configuration(const Config& config) {
  Schema schema(*config.hypervisor.driver);
  auto copy = config;  // targets point into something that can be changed
  std::string out;
  for (auto section : kSections) {
    auto keys = keys_of(schema, section, true);
    if (keys.empty()) continue;
    out.append(concat(out.empty() ? "" : "\n", schema.title(section), "\n"));
    for (const auto* key : keys) {
      if (key->section == Section::kAgent && key->dialect == Dialect::kRust) continue;
      out.append(concat(key->name, " = ", to_toml(current(key->in(copy))), "\n"));
    }
  }
  return out;
}

}  // namespace kata::config
