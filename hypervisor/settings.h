// What only one VMM has: the keys of its table in the configuration, and the typed part of a machine's configuration
// that they fill. Other rooms carry both and look at neither.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "lib/base/result.h"

namespace kata::hypervisor {

// A driver derives its own struct from this.
struct Settings {
  virtual ~Settings() = default;
  virtual std::unique_ptr<Settings> clone() const = 0;
};

// Settings as a value; empty: the driver's defaults.
class OwnSettings {
 public:
  OwnSettings() = default;
  explicit OwnSettings(std::unique_ptr<Settings> settings) : settings_(std::move(settings)) {}
  OwnSettings(const OwnSettings& other) : settings_(other.settings_ ? other.settings_->clone() : nullptr) {}
  OwnSettings(OwnSettings&&) noexcept = default;
  OwnSettings& operator=(OwnSettings other) noexcept {
    settings_ = std::move(other.settings_);
    return *this;
  }
  ~OwnSettings() = default;

  Settings* get() const { return settings_.get(); }

 private:
  std::unique_ptr<Settings> settings_;
};

// One key of [hypervisor.NAME] that only this driver has.
struct OwnKey {
  using Value = std::variant<bool, int64_t, std::string_view>;
  using Target = std::variant<bool*, uint32_t*, std::string*>;

  std::string_view name;
  Value fallback;                    // the default
  Target (*target)(Settings&);       // the member that it fills; of the same kind as `fallback`
  std::string_view doc;              // one line of Markdown
  std::string_view annotation = {};  // behind io.katacontainers.config.hypervisor.; empty: none
  std::string_view alias = {};       // another name of the same key
  int64_t low = INT64_MIN;
  int64_t high = INT64_MAX;
  bool clamped = false;  // what is above `high` means `high`

  // What a text of an annotation may be, where it becomes an argument of the VMM: a closed list. Null: anything.
  Result<> (*guard)(std::string_view text) = nullptr;
};

}  // namespace kata::hypervisor
