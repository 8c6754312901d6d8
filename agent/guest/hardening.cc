#include "agent/guest/hardening.h"

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

struct Setting {
  const char* name;
  const char* value;
};

// What systemd or Debian set on a host, and so what a container of runc's lives with: the first six.
constexpr Setting kSettings[] = {
    {"fs/protected_symlinks", "1"}, {"fs/protected_hardlinks", "1"},      {"fs/protected_fifos", "1"},
    {"fs/protected_regular", "2"},  {"kernel/dmesg_restrict", "1"},       {"kernel/unprivileged_bpf_disabled", "2"},
    {"kernel/kptr_restrict", "1"},  {"kernel/kexec_load_disabled", "1"},  // until the guest ends, whoever asks
    {"kernel/sysrq", "0"},          {"vm/unprivileged_userfaultfd", "0"},
};

}  // namespace

Result<> harden_kernel() {
  Result<> out;
  for (const auto& setting : kSettings) {
    auto set = sys::write_control(concat("/proc/sys/", setting.name), setting.value);
    if (!set && !set.error().is_errno(ENOENT) && out) out = set.error();
  }
  return out;
}

}  // namespace kata::agent
