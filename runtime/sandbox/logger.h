// binary://<program>?<key>=<value>…: a program that takes the output of a container, as containerd's logging
// binaries do: stdout on descriptor 3, stderr on 4, and it closes 5 once it is ready. Each key of the query
// is an argument, followed by its value when it has one. CONTAINER_ID and CONTAINER_NAMESPACE are in its
// environment.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/process.h"

namespace kata {

bool is_logger(const std::string& uri);

struct Logger {
  sys::Child child;
  UniqueFd out, err;  // our ends, non-blocking
};
// Returns once it is ready, or says what it did instead.
Result<Logger> start_logger(const std::string& uri, const std::string& container, const std::string& name_space);

// Waits for it to end by itself once its pipes are closed, then kills it.
void end_logger(const sys::Child& child);

}  // namespace kata
