// The one description of the configuration. From it come the parser, the annotations, the default
// file, docs/configuration.md and what `kata-runtime env` prints.
//
// Adding a key: a row in schema_*.cc and, when something uses it, a member of Config.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.h"
#include "runtime/config/value.h"

namespace kata::config {

enum class Section { kHypervisor, kFactory, kAgent, kMemAgent, kRuntime };

// Who knows the key: upstream's Go runtime, its Rust runtime, both, or only this project.
enum class Dialect { kBoth, kGo, kRust, kOurs };

// What a key that nothing uses yet means for a file or an annotation that sets it to something else than its default.
enum class Unused {
  kWarn,      // say that it is ignored
  kHarmless,  // nothing: it only says more about another key that is ignored, or asks for what happens anyway
  kRefuse     // running without it would break a promise: an error
};

// Another name of the same key, possibly in another unit.
struct Alias {
  std::string_view name;
  double scale = 1;  // canonical = value * scale
  double least = 0;  // what is lower is raised to this (canonical unit)
};

struct Key {
  Section section = Section::kHypervisor;
  std::string_view name;
  Value fallback;                       // the default; its type is the key's. monostate: any type
  Target (*target)(Config&) = nullptr;  // null: not used yet
  std::string_view doc;                 // one line of Markdown
  std::string_view annotation;          // behind io.katacontainers.config.<section>.; empty: none
  Dialect dialect = Dialect::kBoth;
  std::vector<Alias> aliases;
  std::span<const Choice> choices = {};  // empty: everything
  double low = std::numeric_limits<double>::lowest();
  double high = std::numeric_limits<double>::max();
  bool clamped = false;  // what is above `high` means `high`
  char separator = ';';  // of a list in an annotation
  Unused unused = Unused::kWarn;

  // What holds for an annotation only.
  bool mebibytes = false;            // it may have a unit: "2 GiB"
  bool appended = false;             // a list is put behind the one that there is
  std::string_view allowed_by = {};  // the key with the patterns of paths that it may choose
  std::string_view replaces = {};    // the key that becomes empty
  Result<> (*guard)(const Value& value) = nullptr;
  Result<> (*text_guard)(std::string_view text) = nullptr;
  std::string (*merge)(std::string_view base, std::string_view more) = nullptr;  // with the value that there is

  hypervisor::OwnKey::Target (*own)(hypervisor::Settings&) = nullptr;  // instead of `target`: the driver's own

  bool used() const { return target != nullptr || own != nullptr; }
  // The member that it fills; monostate when nothing uses it, or the configuration has another driver's settings.
  Target in(Config& config) const;
};

std::span<const Key> hypervisor_keys();  // of every driver
std::span<const Key> storage_keys();     // of [hypervisor.X] too
std::span<const Key> unused_hypervisor_keys();
std::span<const Key> agent_keys();    // with [agent.kata.mem_agent]
std::span<const Key> runtime_keys();  // with [factory]
struct Found {
  const Key* key = nullptr;  // null: unknown
  Alias alias;               // the name it was found by
};

// All keys that a configuration with this driver may have. The driver must outlive it.
class Schema {
 public:
  explicit Schema(const hypervisor::Driver& driver);
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  const std::vector<const Key*>& keys() const { return keys_; }
  Found find(Section section, std::string_view name) const;
  // `name` is what follows "io.katacontainers.config.": "hypervisor.default_vcpus".
  const Key* find_annotation(std::string_view name) const;
  std::string title(Section section) const;  // "[hypervisor.NAME]", "[runtime]"

  // A configuration for this driver in which every target has its default.
  Config defaults() const;

 private:
  const hypervisor::Driver& driver_;
  std::vector<Key> own_;
  std::vector<const Key*> keys_;
};

std::string annotation_name(const Key& key);  // whole; empty when there is none

// Upstream's files say "the default" with an empty word, or with a 0 that is below the least value, and have most where
// they ask for more of some. What they mean.
Value meant(const Key& key, const Value& value);

// Checks the range and the choices of a value of the key's type.
Result<> check(const Key& key, const Value& value);

// A value of a key that nothing uses, and that says what happens anyway.
bool changes_nothing(const Key& key, const Value& value);

}  // namespace kata::config
