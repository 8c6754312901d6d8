#include "cli/engines/toml_text.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/split.h"

namespace kata::cli::engines {

namespace {

using config::Document;
using config::Path;

constexpr std::string_view kBareKey = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

std::string key_text(const std::string& key) {
  bool bare = !key.empty() && key.find_first_not_of(kBareKey) == std::string::npos;
  return bare ? key : config::to_toml(key);
}

bool is_below(const Path& path, const Path& table) {
  return path.size() >= table.size() && std::equal(table.begin(), table.end(), path.begin());
}

// The values of both, without those that `skipped` says yes to, are the same.
template <typename F>
bool is_same_but(const Document& one, const Document& other, F skipped) {
  auto differs = [&](const Document& a, const Document& b) {
    return std::any_of(a.values.begin(), a.values.end(), [&](const auto& entry) {
      if (skipped(entry.first)) return false;
      auto found = b.values.find(entry.first);
      return found == b.values.end() || found->second.value != entry.second.value;
    });
  };
  return !differs(one, other) && !differs(other, one);
}

std::string joined_lines(std::string_view text) {
  std::string out;
  for (auto line : split(text, "\n")) out += concat(" ", line);
  return out;
}

// Where a line begins; the text's end where it has not so many.
size_t line_start(std::string_view text, uint32_t line) {
  size_t at = 0;
  for (; line > 1; --line) {
    auto end = text.find('\n', at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  return at;
}

// A line behind the one that `version` is on, or at the top.
std::string with_line(std::string_view text, const Document& document, const std::string& line) {
  auto version = document.values.find({"version"});
  auto at = version == document.values.end() ? 0 : line_start(text, version->second.place.line + 1);
  std::string before(text.substr(0, at));
  if (!before.empty() && !before.ends_with('\n')) before += "\n";
  return concat(before, line, "\n", text.substr(at));
}

}  // namespace

std::string to_text(const TomlTable& table) {
  std::string name;
  for (const auto& key : table.path) name += concat(name.empty() ? "" : ".", key_text(key));
  auto out = concat("[", name, "]\n");
  for (const auto& [key, value] : table.values) out += concat(key_text(key), " = ", config::to_toml(value), "\n");
  return out;
}

bool has_table(const Document& document, const Path& path) {
  auto below = [&](const auto& entry) { return is_below(entry.first, path); };
  return std::any_of(document.values.begin(), document.values.end(), below) ||
         std::any_of(document.tables.begin(), document.tables.end(), below);
}

bool says(const Document& document, const TomlTable& table) {
  return std::all_of(table.values.begin(), table.values.end(), [&](const auto& wanted) {
    auto path = table.path;
    path.push_back(wanted.first);
    auto found = document.values.find(path);
    return found != document.values.end() && found->second.value == wanted.second;
  });
}

bool says_more(const Document& document, const std::vector<TomlTable>& tables) {
  std::vector<Path> wanted;
  for (const auto& table : tables) {
    for (const auto& [key, value] : table.values) {
      wanted.push_back(table.path);
      wanted.back().push_back(key);
    }
  }
  return std::any_of(document.values.begin(), document.values.end(), [&](const auto& entry) {
    return is_below(entry.first, tables.front().path) &&
           std::find(wanted.begin(), wanted.end(), entry.first) == wanted.end();
  });
}

Result<std::string> with_table(std::string_view text, const std::string& file, const TomlTable& table) {
  auto before = TRY(config::parse_toml(text, file));
  auto addition = to_text(table);
  if (has_table(before, table.path)) {
    auto name = addition.substr(0, addition.find('\n'));
    return Error::make(Code::kAlreadyExists, concat(file, " has the table ", name, " already"));
  }
  std::string out(text);
  if (!out.empty()) out += out.ends_with('\n') ? "\n" : "\n\n";
  out += addition;
  auto after = config::parse_toml(out, file);
  auto ours = [&](const Path& path) { return is_below(path, table.path); };
  if (after && says(*after, table) && is_same_but(before, *after, ours)) return out;
  return Error::make(Code::kFailedPrecondition,
                     concat(file, " is written in a way that leaves no room for a table more",
                            after ? "" : concat(" (", after.error().message(), ")")))
      .hint(concat("add it by hand:", joined_lines(addition)));
}

Result<std::string> with_import(std::string_view text, const std::string& file, const std::string& pattern) {
  const Path imports{"imports"};
  auto before = TRY(config::parse_toml(text, file));
  auto wanted = config::Strings{pattern};
  std::string out;
  if (auto found = before.values.find(imports); found == before.values.end()) {
    out = with_line(text, before, concat("imports = ", config::to_toml(wanted)));
  } else {
    const auto& place = found->second.place;
    const auto* list = std::get_if<config::Strings>(&found->second.value);
    auto at = line_start(text, place.line) + std::max(place.column, 1U);  // behind the bracket
    if (list == nullptr || at > text.size() || text[at - 1] != '[') {
      return Error::make(Code::kFailedPrecondition, concat(file, ": imports is no array of strings"))
          .hint(concat("add ", config::to_toml(pattern), " to it by hand"));
    }
    out = concat(text.substr(0, at), config::to_toml(pattern), list->empty() ? "" : ", ", text.substr(at));
    wanted.insert(wanted.end(), list->begin(), list->end());
  }
  auto after = config::parse_toml(out, file);
  auto ours = [&](const Path& path) { return path == imports; };
  if (after && says(*after, {{}, {{"imports", wanted}}}) && is_same_but(before, *after, ours)) return out;
  return Error::make(Code::kFailedPrecondition, concat(file, " is written in a way that leaves no room for an import"))
      .hint(concat("add by hand: imports = ", config::to_toml(config::Strings{pattern})));
}

}  // namespace kata::cli::engines
