#include "cli/engines/drop_in.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::cli::engines {

namespace {

std::vector<std::string> files_of(const std::string& place, std::string_view ending) {
  if (!place.ends_with('/')) return {place};
  std::vector<std::string> out;
  auto names = sys::list_directory(place).value_or(std::vector<std::string>());
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    if (name.ends_with(ending)) out.push_back(place + name);
  }
  return out;
}

// The text of a value; of several, the first, which is the program.
std::string first_text(const config::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto* list = std::get_if<config::Strings>(&value);
  return list == nullptr || list->empty() ? std::string() : list->front();
}

Look look_at(const config::Document& document, const config::Path& table, const std::string& key) {
  auto length = table.size() + (key.empty() ? 1 : 2);
  for (const auto& [path, setting] : document.values) {
    if (path.size() != length || !std::equal(table.begin(), table.end(), path.begin())) continue;
    if (!key.empty() && path.back() != key) continue;
    auto text = first_text(setting.value);
    if (text.find("kata") == std::string::npos) continue;
    return {true, concat("runtime ", path[table.size()], " is ", text)};
  }
  return {};
}

}  // namespace

std::string maker_of(const Wish& wish, std::string_view engine) {
  return wish.maker == Wish().maker ? concat(wish.maker, " ", engine) : wish.maker;
}

Result<Edit> own_drop_in(const std::string& path, std::string_view maker, const std::string& body) {
  Edit edit{.path = path, .owner = Owner::kOurs};
  edit.before = TRY(read_if_there(path));
  edit.after = own_text(maker, body);
  if (!edit.before || is_own(*edit.before) || !edit.changes()) return edit;
  return Error::make(Code::kAlreadyExists, concat(path, " is there, and not as this command makes it"))
      .hint(concat("remove ", path, " when nothing in it is needed, or use --name for another name"));
}

Result<Look> look_in(const std::vector<std::string>& places, std::string_view ending, const config::Path& table,
                     const std::string& key) {
  for (const auto& place : places) {
    for (const auto& file : files_of(place, ending)) {
      auto text = TRY(read_if_there(file));
      if (!text) continue;
      if (auto found = look_at(TRY(config::parse_toml(*text, file)), table, key); found.registered) return found;
    }
  }
  return Look{};
}

}  // namespace kata::cli::engines
