// Whether this host can run what is configured: what `kata-runtime check` prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.h"

namespace kata::host_check {

enum class Verdict {
  kOk,
  kNote,     // something is missing that is not needed
  kWarning,  // it works, but slower or less well than it could
  kError,    // no container can be started
};
std::string_view verdict_name(Verdict verdict);  // "ok", "note", "warning", "error"

struct Item {
  std::string name;
  Verdict verdict = Verdict::kOk;
  std::string detail;
  std::string fix;  // a command or setting; may be empty
};

// Looks, starts nothing but `qemu --version`, changes nothing.
std::vector<Item> check_host(const config::Config& config);

bool has(const std::vector<Item>& items, Verdict verdict);

// "7.2.22 (Debian …)": what the binary says about itself.
Result<std::string> qemu_version(const std::string& path);

}  // namespace kata::host_check
