#include "runtime/config/apply.h"

#include <algorithm>
#include <cmath>

#include "lib/base/concat.h"
#include "runtime/config/schema.h"

namespace kata::config {

namespace {

std::string join(const Path& path) {
  std::string text;
  for (const auto& part : path) text.append(text.empty() ? "" : ".").append(part);
  return text;
}

// The section that a key's table is, if it is one.
std::optional<Section> section_of(const Path& path) {
  auto is = [&](size_t size, std::string_view first) { return path.size() == size && path[0] == first; };
  if (is(3, "hypervisor")) return Section::kHypervisor;
  if (is(4, "hypervisor") && path[2] == "factory") return Section::kFactory;
  if (is(3, "agent")) return Section::kAgent;
  if (is(4, "agent") && path[2] == "mem_agent") return Section::kMemAgent;
  if (is(2, "runtime")) return Section::kRuntime;
  if (is(2, "factory")) return Section::kFactory;
  return std::nullopt;
}

bool is_of_kata_1(const Path& path) { return path[0] == "proxy" || path[0] == "shim" || path[0] == "netmon"; }

Error at(const Setting& setting, const Path& path, std::string_view what) {
  return Error::make(Code::kInvalidArgument, concat(to_text(setting.place), ": ", join(path), ": ", what));
}

Value scaled(const Value& value, const Alias& alias) {
  const auto* integer = std::get_if<int64_t>(&value);
  if (integer == nullptr || alias.scale == 1) return value;
  auto number = std::max(std::ceil(static_cast<double>(*integer) * alias.scale), alias.least);
  return static_cast<int64_t>(number);
}

// A key that nothing uses: fine while it says what happens anyway.
Result<> note_unused(Config& config, const Key& key, const Path& path, const Setting& setting, const Value& value) {
  if (key.unused == Unused::kHarmless || changes_nothing(key, value)) return {};
  if (key.unused == Unused::kRefuse) {
    return at(setting, path, "is not supported, and ignoring it would not be safe").with_code(Code::kUnimplemented);
  }
  config.warnings.push_back(concat(to_text(setting.place), ": ", join(path), " is not supported yet, ignored"));
  return {};
}

Result<> apply_key(Config& config, const Found& found, const Path& path, const Setting& setting) {
  const auto& key = *found.key;
  auto value = setting.value;
  if (!std::holds_alternative<std::monostate>(key.fallback)) {
    auto converted = convert(value, key.fallback);
    if (!converted) return at(setting, path, concat("expected ", type_name(key.fallback), ", found ", setting.found));
    value = scaled(*converted, found.alias);
  }
  if (!key.used()) return note_unused(config, key, path, setting, value);
  value = meant(key, value);
  if (auto checked = check(key, value); !checked) return at(setting, path, checked.error().message());
  if (auto assigned = assign(key.in(config), value); !assigned) {
    return at(setting, path, assigned.error().message());
  }
  return {};
}

}  // namespace

Result<const hypervisor::Driver*> choose_driver(const Document& document) {
  std::vector<std::string> names;
  std::string tables;
  for (const auto& [path, place] : document.tables) {
    if (path.size() != 2 || path[0] != "hypervisor") continue;
    names.push_back(path[1]);
    tables.append(tables.empty() ? "" : ", ").append(concat("[hypervisor.", path[1], "] at ", to_text(place)));
  }
  if (names.size() > 1) {
    return Error::make(Code::kInvalidArgument, concat("more than one hypervisor is configured: ", tables))
        .hint("remove all but one of these tables");
  }
  if (names.empty()) return &hypervisor::default_driver();
  if (const auto* driver = hypervisor::find_driver(names[0])) return driver;
  std::string known;
  for (const auto* one : hypervisor::drivers())
    known += concat(known.empty() ? "" : " or ", "[hypervisor.", one->name(), "]");
  return Error::make(Code::kUnimplemented, concat("the hypervisor of ", tables, " is not supported yet"))
      .hint(concat("use a configuration with ", known, ", or none at all for the built-in defaults"));
}

Result<> apply(Config& config, const Schema& schema, const Document& document) {
  for (const auto& [path, setting] : document.values) {
    auto section = section_of(path);
    auto found = section ? schema.find(*section, path.back()) : Found{};
    if (found.key != nullptr) {
      TRY(apply_key(config, found, path, setting));
    } else {
      config.warnings.push_back(
          concat(to_text(setting.place), ": ", join(path),
                 is_of_kata_1(path) ? " is of Kata Containers 1.x, ignored" : " is not a known key, ignored"));
    }
  }
  return {};
}

}  // namespace kata::config
