// The sandbox's annotations. What may be set is the host administrator's decision: only the names that
// enable_annotations allows, only paths that the valid_* patterns allow.
#include <fnmatch.h>
#include <regex.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/split.h"
#include "runtime/config/resolve.h"
#include "runtime/config/schema.h"

namespace kata::config {

namespace {

constexpr std::string_view kPrefix = "io.katacontainers.config.";
constexpr std::string_view kHypervisor = "hypervisor.";

struct Annotation {
  std::string_view name;  // whole
  std::string_view base;  // behind "hypervisor."
  std::string_view text;
};

std::string where(const Config& config) { return config.file.empty() ? std::string("the configuration") : config.file; }

Result<bool> matches(const std::string& pattern, std::string_view text) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
    return Error::make(Code::kInvalidArgument,
                       concat("enable_annotations: \"", pattern, "\" is not a regular expression"));
  }
  auto release = defer([&] { regfree(&compiled); });
  return regexec(&compiled, std::string(text).c_str(), 0, nullptr, 0) == 0;
}

Result<bool> is_enabled(const Config& config, std::string_view base) {
  for (const auto& pattern : config.hypervisor.enable_annotations) {
    if (TRY_WRAP(matches(pattern, base), where(config))) return true;
  }
  return false;
}

Result<> require_enabled(const Config& config, const Annotation& annotation) {
  if (TRY(is_enabled(config, annotation.base))) return {};
  return Error::make(Code::kPermissionDenied, concat("annotation ", annotation.name, " is not enabled"))
      .hint(concat("add \"", annotation.base, "\" to enable_annotations of [hypervisor.",
                   config.hypervisor.driver->name(), "] in ", where(config),
                   " (with containerd also pod_annotations = [\"io.katacontainers.*\"] of the runtime)"));
}

bool goes_up(std::string_view path) {
  auto parts = split(path, "/");
  return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

// The key with the patterns says which paths an annotation may choose, and none of them is found by going up. What the
// configuration says anyway may be said again.
Result<> require_valid_path(Config& config, const Schema& schema, const Key& key, const std::string& path) {
  if (key.allowed_by.empty() || Value(path) == current(key.in(config))) return {};
  auto patterns = current(schema.find(key.section, key.allowed_by).key->in(config));
  for (const auto& pattern : std::get<Strings>(patterns)) {
    if (!goes_up(path) && fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) return {};
  }
  return Error::make(Code::kPermissionDenied, concat("\"", path, "\" is not an allowed path"))
      .hint(concat("add it to ", key.allowed_by, " in ", where(config)));
}

// Files that some pattern allows, and what becomes words of a command line, though only those of a closed list.
Result<bool> is_open(Config& config, const Schema& schema, const Key& key) {
  if (key.annotation.empty() || key.section != Section::kHypervisor) return false;
  bool text = std::holds_alternative<std::string>(key.fallback) || std::holds_alternative<Strings>(key.fallback);
  bool words = text && (key.guard != nullptr || key.text_guard != nullptr);
  if (!key.allowed_by.empty()) {
    words = !std::get<Strings>(current(schema.find(key.section, key.allowed_by).key->in(config))).empty();
  }
  return words && TRY(is_enabled(config, key.annotation));
}

Strings joined(const Value& first, const Value& then) {
  auto all = std::get<Strings>(first);
  for (const auto& one : std::get<Strings>(then)) all.push_back(one);
  return all;
}

Result<> set(Config& config, const Schema& schema, const Key& key, std::string_view text) {
  auto value = TRY(key.mebibytes ? parse_mebibytes(text) : parse(text, key.fallback, key.separator));
  value = meant(key, value);
  TRY(check(key, value));
  if (key.guard != nullptr) TRY(key.guard(value));
  if (key.text_guard != nullptr) TRY(key.text_guard(text));
  if (key.merge != nullptr) value = key.merge(std::get<std::string>(current(key.in(config))), text);
  if (key.appended) value = joined(current(key.in(config)), value);
  if (const auto* path = std::get_if<std::string>(&value)) TRY(require_valid_path(config, schema, key, *path));
  TRY(assign(key.in(config), value));
  if (key.replaces.empty()) return {};
  return assign(schema.find(key.section, key.replaces).key->in(config), std::string());
}

bool says_the_default(const Key& key, std::string_view text) {
  auto value = parse(text, key.fallback, key.separator);
  return value && changes_nothing(key, *value);
}

// What is not known or not used. Checks of integrity must not be skipped in silence.
Result<> note_unused(Config& config, const Annotation& annotation, const Key* key) {
  bool refused = key == nullptr ? annotation.base.ends_with("_hash") || annotation.base == "cc_init_data"
                                : key->unused == Unused::kRefuse;
  if (refused) {
    return Error::make(Code::kUnimplemented,
                       concat("annotation ", annotation.name, " is not supported, and ignoring it would not be safe"));
  }
  if (key != nullptr && (key->unused == Unused::kHarmless || says_the_default(*key, annotation.text))) return {};
  config.warnings.push_back(concat("annotation ", annotation.name,
                                   key == nullptr ? " is not known, ignored" : " is not supported yet, ignored"));
  return {};
}

Result<> apply_one(Config& config, const Schema& schema, const Annotation& annotation) {
  auto name = annotation.name.substr(kPrefix.size());
  if (name.starts_with(kHypervisor)) TRY(require_enabled(config, annotation));
  const auto* key = schema.find_annotation(name);
  if (key == nullptr || !key->used()) return note_unused(config, annotation, key);
  return set(config, schema, *key, annotation.text).wrap(concat("annotation ", annotation.name));
}

}  // namespace

Result<> warn_of_open_annotations(Config& config) {
  Schema schema(*config.hypervisor.driver);
  std::string open;
  for (const auto* key : schema.keys()) {
    if (TRY(is_open(config, schema, *key))) open += concat(open.empty() ? "" : ", ", key->annotation);
  }
  if (open.empty()) return {};
  config.warnings.push_back(
      concat("enable_annotations lets whoever makes a pod choose files of the host's or arguments of its "
             "programs, within what is allowed: ",
             open));
  return {};
}

Result<> apply_annotations(Config& config, const std::map<std::string, std::string>& annotations) {
  Schema schema(*config.hypervisor.driver);
  bool changed = false;
  for (const auto& [name, text] : annotations) {
    if (!name.starts_with(kPrefix)) continue;
    changed = true;
    std::string_view base = name;
    base.remove_prefix(kPrefix.size());
    if (base.starts_with(kHypervisor)) base.remove_prefix(kHypervisor.size());
    TRY(apply_one(config, schema, {name, base, text}));
  }
  return changed ? resolve(config).wrap("with the container's annotations") : Result<>{};
}

}  // namespace kata::config
