#include "runtime/config/schema.h"

#include <cstdlib>

#include "lib/base/concat.h"

namespace kata::config {

namespace {

Result<> check_range(const Key& key, double value) {
  if (value >= key.low && value <= key.high) return {};
  auto text = [](double number) { return to_toml(static_cast<int64_t>(number)); };
  auto range = key.high == std::numeric_limits<double>::max() ? concat("at least ", text(key.low))
                                                              : concat("from ", text(key.low), " to ", text(key.high));
  return Error::make(Code::kInvalidArgument, concat("must be ", range, ", but is ", text(value)));
}

Result<> check_choice(const Key& key, std::string_view value) {
  std::string allowed;
  for (auto rest = key.choices; !rest.empty();) {
    auto end = std::min(rest.find('|'), rest.size());
    auto choice = rest.substr(0, end);
    if (choice == value) return {};
    allowed.append(allowed.empty() ? "" : ", ").append(concat("\"", choice, "\""));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Error::make(Code::kInvalidArgument, concat("\"", value, "\" is not one of ", allowed));
}

}  // namespace

std::vector<const Key*> all_keys() {
  std::vector<const Key*> keys;
  for (auto part : {hypervisor_keys(), storage_keys(), unused_hypervisor_keys(), agent_keys(), runtime_keys()}) {
    for (const auto& key : part) keys.push_back(&key);
  }
  return keys;
}

Found find_key(Section section, std::string_view name) {
  for (const auto* key : all_keys()) {
    if (key->section != section) continue;
    if (key->name == name) return {key, {key->name}};
    for (const auto& alias : key->aliases) {
      if (alias.name == name) return {key, alias};
    }
  }
  return {};
}

std::string annotation_name(const Key& key) {
  if (key.annotation.empty()) return {};
  std::string_view group = "hypervisor";
  if (key.section == Section::kAgent) group = "agent";
  if (key.section == Section::kRuntime) group = "runtime";
  return concat("io.katacontainers.config.", group, ".", key.annotation);
}

const Key* find_annotation(std::string_view name) {
  auto whole = concat("io.katacontainers.config.", name);
  for (const auto* key : all_keys()) {
    if (annotation_name(*key) == whole) return key;
  }
  return nullptr;
}

std::string_view section_title(Section section) {
  switch (section) {
    case Section::kHypervisor:
      return "[hypervisor.qemu]";
    case Section::kFactory:
      return "[factory]";
    case Section::kAgent:
      return "[agent.kata]";
    case Section::kMemAgent:
      return "[agent.kata.mem_agent]";
    case Section::kRuntime:
      return "[runtime]";
  }
  return "";
}

Result<> check(const Key& key, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return check_range(key, static_cast<double>(*integer));
  if (const auto* number = std::get_if<double>(&value)) return check_range(key, *number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || key.choices.empty() ? Result<>{} : check_choice(key, *text);
}

void set_defaults(Config& config) {
  for (const auto* key : all_keys()) {
    if (!key->used()) continue;
    if (!assign(key->target(config), key->fallback).ok()) std::abort();  // the schema contradicts itself
  }
}

}  // namespace kata::config
