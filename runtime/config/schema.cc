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
  for (const auto& choice : key.choices) {
    if (choice.word == value) return {};
    allowed.append(allowed.empty() ? "" : ", ").append(concat("\"", choice.word, "\""));
  }
  return Error::make(Code::kInvalidArgument, concat("\"", value, "\" is not one of ", allowed));
}

Key key_of(const hypervisor::OwnKey& own) {
  Key out{.name = own.name, .doc = own.doc, .annotation = own.annotation};
  struct AsValue {
    Value operator()(bool value) const { return value; }
    Value operator()(int64_t value) const { return value; }
    Value operator()(std::string_view value) const { return std::string(value); }
  };
  out.fallback = std::visit(AsValue{}, own.fallback);
  if (!own.alias.empty()) out.aliases = {{own.alias}};
  if (own.low != INT64_MIN) out.low = static_cast<double>(own.low);
  if (own.high != INT64_MAX) out.high = static_cast<double>(own.high);
  out.clamped = own.clamped;
  out.text_guard = own.guard;
  out.own = own.target;
  return out;
}

}  // namespace

Target Key::in(Config& config) const {
  if (target != nullptr) return target(config);
  auto* settings = config.hypervisor.own.get();
  if (own == nullptr || settings == nullptr) return {};
  return std::visit([](auto* member) { return Target(member); }, own(*settings));
}

Schema::Schema(const hypervisor::Driver& driver) : driver_(driver) {
  for (const auto& own : driver.keys()) own_.push_back(key_of(own));
  for (auto part : {hypervisor_keys(), std::span<const Key>(own_), storage_keys(), unused_hypervisor_keys(),
                    agent_keys(), runtime_keys()}) {
    for (const auto& key : part) keys_.push_back(&key);
  }
}

Found Schema::find(Section section, std::string_view name) const {
  for (const auto* key : keys_) {
    if (key->section != section) continue;
    if (key->name == name) return {key, {key->name}};
    for (const auto& alias : key->aliases) {
      if (alias.name == name) return {key, alias};
    }
  }
  return {};
}

const Key* Schema::find_annotation(std::string_view name) const {
  auto whole = concat("io.katacontainers.config.", name);
  for (const auto* key : keys_) {
    if (annotation_name(*key) == whole) return key;
  }
  return nullptr;
}

std::string Schema::title(Section section) const {
  switch (section) {
    case Section::kHypervisor:
      return concat("[hypervisor.", driver_.name(), "]");
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

Config Schema::defaults() const {
  Config out;
  out.hypervisor.driver = &driver_;
  out.hypervisor.own = hypervisor::OwnSettings(driver_.settings());
  for (const auto* key : keys_) {
    if (!key->used()) continue;
    if (!assign(key->in(out), key->fallback).ok()) std::abort();  // the schema contradicts itself
  }
  return out;
}

std::string annotation_name(const Key& key) {
  if (key.annotation.empty()) return {};
  std::string_view group = "hypervisor";
  if (key.section == Section::kAgent) group = "agent";
  if (key.section == Section::kRuntime) group = "runtime";
  return concat("io.katacontainers.config.", group, ".", key.annotation);
}

Value meant(const Key& key, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && text->empty() && !key.choices.empty()) return key.fallback;
  const auto* integer = std::get_if<int64_t>(&value);
  if (integer == nullptr) return value;
  if (*integer == 0 && key.low > 0) return key.fallback;
  if (key.clamped && static_cast<double>(*integer) > key.high) return static_cast<int64_t>(key.high);
  return value;
}

bool changes_nothing(const Key& key, const Value& value) {
  return std::holds_alternative<std::monostate>(key.fallback) ? is_empty(value) : value == key.fallback;
}

Result<> check(const Key& key, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return check_range(key, static_cast<double>(*integer));
  if (const auto* number = std::get_if<double>(&value)) return check_range(key, *number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || key.choices.empty() ? Result<>{} : check_choice(key, *text);
}

std::string value_in_use(const Config& config, std::string_view key) {
  auto copy = config;  // targets point into something that can be changed
  Schema schema(*config.hypervisor.driver);
  const auto* found = schema.find(Section::kHypervisor, key).key;
  if (found == nullptr || !found->used()) return {};
  auto value = current(found->in(copy));
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::holds_alternative<std::monostate>(value) ? std::string() : to_toml(value);
}

}  // namespace kata::config
