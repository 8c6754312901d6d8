#include "hypervisor/qemu/jail_label.h"

#include <algorithm>
#include <string_view>

#include "hypervisor/qemu/machine_shape.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"

namespace kata::hypervisor {

namespace {

// Where the profiles know files, and where they know what a machine writes: security/apparmor/kata-runtime.
constexpr std::string_view kFiles[] = {"/usr/", "/lib/", "/lib64/", "/opt/kata/"};
constexpr std::string_view kWritten[] = {"/run/kata/", "/run/user/"};

template <size_t N>
bool is_below(std::string_view path, const std::string_view (&places)[N]) {
  for (auto place : places) {
    if (path.starts_with(place)) return true;
  }
  return path.empty();
}

constexpr char kLoadIt[] = "run apparmor_parser -r /etc/apparmor.d/kata-runtime";

// With AppArmor on.
Finding check_apparmor(const VmConfig& config, const char* name) {
  auto profile = qemu_profile({});
  if (auto other = outside_of_profile(config); !other.empty()) {
    return {name, Verdict::kNote, concat("AppArmor does not confine QEMU: its profile does not know ", other),
            "move it below /usr or /opt/kata"};
  }
  auto loaded = sys::is_profile_loaded(profile);
  if (!loaded) {
    return {name, Verdict::kNote, concat("AppArmor confines QEMU if ", profile, " is loaded, which root is told"), {}};
  }
  if (!*loaded)
    return {name, Verdict::kNote, concat("AppArmor is on, but its profile ", profile, " is not loaded"), kLoadIt};
  return {name, Verdict::kOk, concat("AppArmor confines QEMU: ", profile, "; with 9p ", profile, "-9p"), {}};
}

}  // namespace

std::string qemu_profile(const VmConfig& config) { return serves_files(config) ? "kata-qemu-9p" : "kata-qemu"; }

std::string outside_of_profile(const VmConfig& config) {
  const auto program = sys::real_path(config.path).value_or(config.path);
  for (const auto* path : {&program, &config.kernel, &config.initrd, &config.image, &config.firmware}) {
    if (!is_below(*path, kFiles)) return *path;
  }
  return is_below(config.directory, kWritten) ? std::string() : config.directory;
}

void take_profile(sys::Spawn& what, const VmConfig& config) {
  if (!sys::apparmor_is_on()) return;
  if (auto other = outside_of_profile(config); !other.empty()) {
    log::warning("qemu", "AppArmor does not confine QEMU", {{"why", concat("its profile does not know ", other)}});
    return;
  }
  what.labels.push_back(sys::apparmor_profile(qemu_profile(config)));
}

void tell_profile(const std::vector<sys::Spawn::Label>& wanted, pid_t pid) {
  bool in_profile = std::any_of(wanted.begin(), wanted.end(), [](const auto& one) { return !one.needed; });
  if (!in_profile) return;
  auto label = sys::label_of(pid);
  log::info("qemu", label == "unconfined" ? "AppArmor does not confine QEMU: its profile is not loaded" : "confined",
            {{"label", label}});
}

Finding check_security_modules(const VmConfig& config) {
  constexpr const char* kName = "security module";
  if (sys::selinux_is_on()) {
    return {kName, Verdict::kOk, "SELinux: QEMU has the context of the engine's choice, or that of selinux_label", {}};
  }
  if (sys::apparmor_is_on()) return check_apparmor(config, kName);
  return {kName, Verdict::kOk, "this kernel has neither AppArmor nor SELinux on", {}};
}

}  // namespace kata::hypervisor
