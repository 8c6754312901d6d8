#include "runtime/sandbox/guest_devices.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"

namespace kata {

namespace {

// Character devices with the same numbers on every Linux. Documentation/admin-guide/devices.txt
bool is_known_everywhere(int64_t major, int64_t minor) {
  struct Number {
    int64_t major, minor;
  };
  constexpr Number kKnown[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8},    {1, 9},   {1, 11},
                               {5, 0}, {5, 1}, {5, 2}, {10, 200}, {10, 229}};
  constexpr int64_t kPseudoTerminals = 136;
  if (major == kPseudoTerminals) return true;
  return std::any_of(std::begin(kKnown), std::end(kKnown),
                     [&](const Number& n) { return n.major == major && n.minor == minor; });
}

bool is_character(const std::string& type) { return type == "c" || type == "u"; }

bool is_guest_device(const grpc::LinuxDevice& device) {
  return device.type() == "p" || (is_character(device.type()) && is_known_everywhere(device.major(), device.minor()));
}

bool is_disk_at(const Disks& disks, const std::string& path) {
  return std::any_of(disks.begin(), disks.end(), [&](const auto& disk) { return disk.path() == path; });
}

bool is_about(const grpc::LinuxDeviceCgroup& rule, const grpc::LinuxDevice& device) {
  bool same_type = rule.type() == device.type() || (is_character(rule.type()) && is_character(device.type()));
  return same_type && rule.major() == device.major() && rule.minor() == device.minor();
}

bool means_the_same_in_guest(const grpc::LinuxDeviceCgroup& rule, const grpc::Linux& linux) {
  if (rule.major() < 0 && rule.minor() < 0) return true;
  if (is_character(rule.type()) && is_known_everywhere(rule.major(), rule.minor())) return true;
  return std::any_of(linux.devices().begin(), linux.devices().end(),
                     [&](const auto& device) { return is_about(rule, device); });
}

}  // namespace

bool is_disk(const Disks& disks, int64_t major, int64_t minor) {
  return std::any_of(disks.begin(), disks.end(),
                     [&](const auto& disk) { return disk.major() == major && disk.minor() == minor; });
}

void constrain_devices(grpc::Linux& linux, const Disks& disks) {
  std::vector<std::string> left_out;
  auto* devices = linux.mutable_devices();
  for (int i = devices->size() - 1; i >= 0; --i) {
    const auto& path = devices->Get(i).path();
    if (is_guest_device(devices->Get(i)) || is_disk_at(disks, path)) continue;
    left_out.push_back(path);
    devices->DeleteSubrange(i, 1);
  }
  if (left_out.empty()) return;
  // A privileged container is given all that the host has: hundreds.
  constexpr size_t kNamed = 20;
  std::string names;
  std::reverse(left_out.begin(), left_out.end());
  for (size_t i = 0; i < left_out.size() && i < kNamed; ++i) names += (i == 0 ? "" : " ") + left_out[i];
  if (left_out.size() > kNamed) names += concat(" and ", left_out.size() - kNamed, " more");
  log::warning("spec", "devices of the host are not in the virtual machine; left out", {{"devices", names}});
}

void constrain_device_rules(grpc::Linux& linux) {
  if (!linux.has_resources()) return;
  auto& rules = *linux.mutable_resources()->mutable_devices();
  for (int i = rules.size() - 1; i >= 0; --i) {
    if (!means_the_same_in_guest(rules.Get(i), linux)) rules.DeleteSubrange(i, 1);
  }
}

}  // namespace kata
