// The options before the command's name, and what every command gets.
#pragma once

#include <string>

#include "lib/sys/runtime_directory.h"

namespace kata::cli {

inline std::string default_root() { return sys::runtime_directory() + "/kata-runtime"; }

struct Globals {
  std::string root = default_root();  // absolute once the options are read
  std::string config;                 // empty: the default search
  std::string log;                    // empty: none
  std::string log_format = "text";    // "text" or "json"
  bool debug = false;
  std::string no_place;         // why somebody without root has no place for containers; empty: he has one
  bool systemd_cgroup = false;  // systemd's driver for a container that names no cgroup
};

}  // namespace kata::cli
