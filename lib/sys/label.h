// What the kernel's security modules call a process: AppArmor the profile that confines it, SELinux its context. A
// program has a label from its start on: Spawn::labels. Any thread. apparmor(7), selinux(8)
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata::sys {

// Whether the kernel asks that module before it lets anybody do something.
bool apparmor_is_on();
bool selinux_is_on();  // with a policy

// The profile, where it is loaded and the caller may choose it; where not, the program starts without.
Spawn::Label apparmor_profile(std::string_view name);
// The context, or the program does not start.
Spawn::Label selinux_context(std::string_view context);

// Whether `profiles`, the text of the kernel's list, has the profile.
bool has_profile(std::string_view profiles, std::string_view name);
// The same of the kernel's own list, which only root may read (EACCES).
Result<bool> is_profile_loaded(std::string_view name);

// "docker-default (enforce)", "unconfined", "system_u:system_r:container_kvm_t:s0:c1,c2"; empty where no module is on.
std::string label_of(pid_t pid);

// Why a program could not be started that was to have this context; one of no context stays as it is.
Error explain_context(const Error& error, const std::string& context);

// Gives a file or directory this context of SELinux's.
Result<> set_file_context(const std::string& path, const std::string& context);

}  // namespace kata::sys
