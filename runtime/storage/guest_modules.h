// Kernel modules for the guest's kernel, when it asks for one: the directory `modules` beside the kernel's file, which
// has one directory for each release (docs/kernel.md). It is part of the shared directory, read-only, and costs nothing
// until the guest reads from it.
#pragma once

#include <string>

#include "runtime/storage/shared_directory.h"

namespace kata::storage {

// Where the guest finds it, below kGuestShared. No container's id begins with a dot.
inline constexpr char kModulesPlace[] = ".modules";

// Nothing is shared when there is no such directory.
Result<> share_modules(SharedDirectory& shared, const std::string& kernel);

}  // namespace kata::storage
