// Where pods are on the host while they live, for whoever looks from outside.
#pragma once

#include <string>

#include "lib/sys/runtime_directory.h"

namespace kata {

inline std::string run_directory() { return sys::runtime_directory() + "/kata"; }

// The pod's journal is there from before its first resource until the last one is undone.
inline std::string journal_path(const std::string& run_directory, const std::string& sandbox) {
  return run_directory + "/" + sandbox + "/journal";
}

}  // namespace kata
