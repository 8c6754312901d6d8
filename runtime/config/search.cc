#include "runtime/config/search.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/config/config.h"

namespace kata::config {

namespace {

Result<std::string> named_file(const std::string& path, std::string_view source) {
  auto real = sys::real_path(path);
  if (real) return real;
  return real.error()
      .wrap(concat("configuration file of ", source))
      .hint(concat("give the path of a configuration.toml, or no ", source, " for the built-in defaults"));
}

// <prefix>/bin/program: the prefix.
std::string prefix() {
  auto self = sys::read_link("/proc/self/exe");
  if (!self) return "/usr";
  std::string_view path = *self;
  for (int i = 0; i < 2; ++i) path = path.substr(0, std::min(path.rfind('/'), path.size()));
  return std::string(path);
}

}  // namespace

std::vector<std::string> default_paths(std::string_view variant) {
  auto name = concat("configuration", variant.empty() ? "" : "-", variant, ".toml");
  std::vector<std::string> out;
  for (const auto* directory :
       {"/etc/kata-containers/", "/usr/share/defaults/kata-containers/", "/opt/kata/share/defaults/kata-containers/"}) {
    out.push_back(directory + name);
    out.push_back(concat(directory, "runtime-rs/", name));
  }
  return out;
}

std::string data_directory() { return prefix() + "/share/kata-containers"; }
std::string libexec_directory() { return prefix() + "/libexec/kata-containers"; }

Result<std::string> choose_file(const std::string& path, const std::vector<std::string>& defaults) {
  if (!path.empty()) return named_file(path, "--config or ConfigPath");
  const char* variable = std::getenv("KATA_CONF_FILE");
  if (variable != nullptr && *variable != '\0') return named_file(variable, "KATA_CONF_FILE");
  for (const auto& candidate : defaults) {
    if (sys::exists(candidate)) return sys::real_path(candidate);
  }
  return std::string();
}

Result<std::vector<std::string>> find_drop_ins(const std::string& main_file) {
  auto directory = main_file.substr(0, main_file.rfind('/') + 1) + "config.d";
  if (!sys::exists(directory)) return std::vector<std::string>{};
  auto names = TRY_WRAP(sys::list_directory(directory), "configuration drop-ins");
  std::sort(names.begin(), names.end());
  std::vector<std::string> files;
  for (const auto& name : names) {
    if (name.size() > 5 && name.ends_with(".toml") && name[0] != '.') files.push_back(concat(directory, "/", name));
  }
  return files;
}

}  // namespace kata::config
