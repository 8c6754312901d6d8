// The shim's command line: Go's flags, as containerd calls it, and ours.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace kata::shim {

// What the program is called for: containerd's "start" and "delete", and, without a word, to be the shim.
enum class Action { kServe, kStart, kDelete, kFeatures };

struct Options {
  std::string name_space;
  std::string address;         // containerd's gRPC address
  std::string publish_binary;  // containerd's own program; events go to TTRPC_ADDRESS instead
  std::string id;
  std::string bundle;
  std::string socket;
  std::string sandbox_id;           // ours
  std::string config;               // ours
  std::string log;                  // ours
  std::string log_format = "text";  // ours: text, json
  bool systemd_cgroup = false;      // ours
  bool debug = false;
  bool info = false;
  bool version = false;
  bool help = false;
  std::string variant;  // of the program's own name: "fc" of containerd-shim-kata-fc-v2
  Action action = Action::kServe;
};

// Accepts -name value, -name=value, and two dashes; stops at the first word that is no flag, as Go does.
Result<Options> parse_options(std::span<char* const> arguments);

// "fc" of ".../containerd-shim-kata-fc-v2"; empty for containerd-shim-kata-v2 and every other name.
std::string variant_of(std::string_view program);

std::string usage();

}  // namespace kata::shim
