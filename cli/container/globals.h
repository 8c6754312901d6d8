// The options before the command's name, and what every command gets.
#pragma once

#include <string>

namespace kata::cli {

inline constexpr char kDefaultRoot[] = "/run/kata-runtime";
// The revision of the OCI runtime specification that this follows.

struct Globals {
  std::string root = kDefaultRoot;  // absolute once the options are read
  std::string config;               // empty: the default search
  std::string log;                  // empty: none
  std::string log_format = "text";  // "text" or "json"
  bool debug = false;
  bool systemd_cgroup = false;  // systemd's driver for a container that names no cgroup
};

}  // namespace kata::cli
