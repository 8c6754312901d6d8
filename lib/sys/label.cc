#include "lib/sys/label.h"

#include <sys/xattr.h>

#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::sys {

namespace {

constexpr char kProfiles[] = "/sys/kernel/security/apparmor/profiles";
// Until a policy is loaded, everything has this one.
constexpr std::string_view kNoPolicy = "kernel";

// A label ends with a newline or a zero byte, or with neither.
std::string trimmed(std::string text) {
  text.resize(text.find_last_not_of(std::string_view("\0\n", 2)) + 1);
  return text;
}

}  // namespace

bool apparmor_is_on() {
  auto enabled = read_file("/sys/module/apparmor/parameters/enabled");
  return enabled && enabled->starts_with("Y");
}

bool selinux_is_on() {
  if (!exists("/sys/fs/selinux/enforce")) return false;
  auto own = read_file("/proc/self/attr/current");
  return own && !own->empty() && trimmed(*own) != kNoPolicy;
}

Spawn::Label apparmor_profile(std::string_view name) {
  return {.file = "thread-self/attr/apparmor/exec", .text = concat("exec ", name)};
}

Spawn::Label selinux_context(std::string_view context) {
  return {.file = "thread-self/attr/exec", .text = std::string(context), .needed = true};
}

// A line each: "docker-default (enforce)".
bool has_profile(std::string_view profiles, std::string_view name) {
  for (auto line : lines_of(profiles)) {
    if (line.substr(0, line.rfind(" (")) == name) return true;
  }
  return false;
}

Result<bool> is_profile_loaded(std::string_view name) { return has_profile(TRY(read_file(kProfiles)), name); }

std::string label_of(pid_t pid) { return trimmed(read_file(concat("/proc/", pid, "/attr/current")).value_or("")); }

Error explain_context(const Error& error, const std::string& context) {
  bool denied = error.is_errno(EACCES) || error.is_errno(EPERM) || error.is_errno(EINVAL);
  if (context.empty() || !denied) return error;
  return error.wrap(concat("with SELinux' context ", context))
      .hint("load the policy module of security/selinux, or set disable_selinux = true");
}

Result<> set_file_context(const std::string& path, const std::string& context) {
  if (::lsetxattr(path.c_str(), "security.selinux", context.data(), context.size(), 0) == 0) return {};
  return Error::sys(errno, concat("give the context ", context, " to"), path);
}

}  // namespace kata::sys
