#include "hypervisor/qemu/annotation_guards.h"

#include <algorithm>
#include <array>

#include "lib/base/concat.h"
#include "lib/base/split.h"

namespace kata::hypervisor {

namespace {

// Of x86's and arm64's machines.
constexpr std::array<std::string_view, 17> kSwitches = {
    "acpi", "dump-guest-core", "gic-version", "highmem", "hmat", "hpet", "i8042", "kernel-irqchip", "kernel_irqchip",
    "its",  "mem-merge",       "nvdimm",      "pit",     "rtc",  "smm",  "usb",   "vmport",
};

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

Error refused(std::string_view what, std::string_view key) {
  return Error::make(Code::kPermissionDenied, concat("\"", what, "\" may not come from an annotation"))
      .hint(concat("set it in ", key, " of the configuration file, which is the host administrator's"));
}

bool is_cpu_feature(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) return is_word(text.substr(1));
  auto equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  auto value = text.substr(equals + 1);
  return is_word(text.substr(0, equals)) && (value == "on" || value == "off");
}

}  // namespace

Result<> only_a_machine(std::string_view text) {
  return text.empty() || is_word(text) ? Result<>{} : refused(text, "machine_type");
}

Result<> only_machine_switches(std::string_view text) {
  for (auto option : split(text, ",")) {
    auto equals = option.find('=');
    bool known = std::find(kSwitches.begin(), kSwitches.end(), option.substr(0, equals)) != kSwitches.end();
    if (!known || (equals != std::string_view::npos && !is_word(option.substr(equals + 1)))) {
      return refused(option, "machine_accelerators");
    }
  }
  return {};
}

Result<> only_cpu_features(std::string_view text) {
  for (auto feature : split(text, ",")) {
    if (!is_cpu_feature(feature)) return refused(feature, "cpu_features");
  }
  return {};
}

}  // namespace kata::hypervisor
