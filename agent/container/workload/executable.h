// Finding the program of a process, as execvp(3) would, with errors that tell "not there" (127 in a
// shell) from "not allowed" (126).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::agent {

// The value of a variable in "NAME=value" strings; the last one wins. Null when it is not there.
const std::string* find_variable(const std::vector<std::string>& env, const std::string& name);

// `path` is PATH; without it nothing is found but what is a path itself. Looked at with the rights that the caller has
// now. kNotFound: `exec "foo": executable file not found in $PATH`; kPermissionDenied: `exec "foo": permission denied`.
Result<std::string> find_executable(const std::string& name, const std::string& path);

// The same for an error of execve(2).
Error exec_error(const std::string& name, int err);

}  // namespace kata::agent
