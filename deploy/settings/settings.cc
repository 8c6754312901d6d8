#include "deploy/settings/settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/base/split.h"

namespace kata::deploy {

namespace {

constexpr std::string_view kSpaces = " \t\n";
constexpr std::string_view kSeparators = " \t\n,";
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr size_t kLongestName = 40;  // "kata-SHIM-SUFFIX" is a label of DNS

class Reader {
 public:
  Reader(const Environment& variable, std::string_view machine) : variable_(variable), suffix_("_") {
    for (char c : machine) suffix_ += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }

  std::string text(const std::string& name) const {
    auto own = variable_(name + suffix_);
    return own.empty() ? variable_(name) : own;
  }

  Result<bool> flag(const std::string& name) const {
    auto value = text(name);
    if (value.empty() || value == "false" || value == "0") return false;
    if (value == "true" || value == "1") return true;
    return Error::make(Code::kInvalidArgument, concat(name, "=", value, " is neither true nor false"))
        .hint(concat("set ", name, " to true or false"));
  }

  Result<std::vector<std::string>> names(const std::string& name) const {
    std::vector<std::string> out;
    for (auto word : split(text(name), kSeparators)) out.push_back(TRY(checked(name, word)));
    return out;
  }

  Result<std::string> name(const std::string& name) const {
    auto value = text(name);
    return value.empty() ? value : checked(name, value);
  }

  // "SHIM:VALUE" and "SHIM:VALUE,VALUE".
  Result<std::map<std::string, std::vector<std::string>>> pairs(const std::string& name,
                                                                std::string_view between) const {
    std::map<std::string, std::vector<std::string>> out;
    auto all = text(name);
    std::string shim;
    for (auto word : split(all, between)) {
      auto value = word;
      if (auto at = word.find(':'); at != std::string_view::npos) {
        shim = TRY(checked(name, word.substr(0, at)));
        value = word.substr(at + 1);
      }
      if (shim.empty()) {
        return Error::make(Code::kInvalidArgument, concat(name, ": \"", word, "\" names no shim"))
            .hint(concat("set ", name, " to pairs like SHIM:VALUE"));
      }
      for (auto each : split(value, ",")) out[shim].emplace_back(each);
    }
    return out;
  }

 private:
  static Result<std::string> checked(const std::string& variable, std::string_view name) {
    bool good = !name.empty() && name.size() <= kLongestName && name.front() != '-' && name.back() != '-' &&
                name.find_first_not_of(kNameLetters) == std::string_view::npos;
    if (good) return std::string(name);
    return Error::make(Code::kInvalidArgument, concat(variable, ": \"", name, "\" is no name of Kubernetes"))
        .hint("use small letters, digits and dashes, at most 40");
  }

  const Environment& variable_;
  std::string suffix_;
};

Result<> read_place(const Reader& read, Settings& out) {
  auto above = read.text("INSTALLATION_PREFIX");
  auto parts = split(above, "/");
  if ((!above.empty() && above[0] != '/') || std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    return Error::make(Code::kInvalidArgument, concat("INSTALLATION_PREFIX=", above, " is no absolute path"))
        .hint("set INSTALLATION_PREFIX to a directory of the host, like /usr/local; /opt/kata is added to it");
  }
  while (above.ends_with('/')) above.pop_back();
  out.suffix = TRY(read.name("MULTI_INSTALL_SUFFIX"));
  out.prefix = concat(above, "/opt/kata", out.suffix.empty() ? "" : "-", out.suffix);
  return {};
}

Result<> read_runtime_classes(const Reader& read, Settings& out) {
  out.runtime_classes = TRY(read.flag("CREATE_RUNTIMECLASSES"));
  out.default_runtime_class = TRY(read.flag("CREATE_DEFAULT_RUNTIMECLASS"));
  out.overhead_memory = read.text("RUNTIMECLASS_OVERHEAD_MEMORY");
  out.overhead_cpu = read.text("RUNTIMECLASS_OVERHEAD_CPU");
  return {};
}

Result<> refuse_pulls_in_the_guest(const Reader& read) {
  for (const auto& [shim, types] : TRY(read.pairs("PULL_TYPE_MAPPING", kSeparators))) {
    for (const auto& type : types) {
      if (type == "default") continue;
      return Error::make(Code::kUnimplemented,
                         concat("PULL_TYPE_MAPPING: ", shim, " cannot pull images by \"", type, "\""))
          .hint("set PULL_TYPE_MAPPING to nothing, or its values to default: images are pulled on the node");
    }
  }
  return {};
}

}  // namespace

std::string Settings::handler(const std::string& shim) const {
  return concat("kata-", shim, suffix.empty() ? "" : "-", suffix);
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : value;
}

Result<Settings> read_settings(const Environment& variable, std::string_view machine) {
  Reader read(variable, machine);
  Settings out;
  out.shims = TRY(read.names("SHIMS"));
  out.default_shim = TRY(read.name("DEFAULT_SHIM"));
  out.debug = TRY(read.flag("DEBUG"));
  TRY(read_runtime_classes(read, out));
  out.annotations = TRY(read.pairs("ALLOWED_HYPERVISOR_ANNOTATIONS", kSpaces));
  for (auto& [shim, names] : TRY(read.pairs("SNAPSHOTTER_HANDLER_MAPPING", kSeparators))) {
    out.snapshotters[shim] = names.empty() ? std::string() : names.front();
  }
  TRY(refuse_pulls_in_the_guest(read));
  TRY(read_place(read, out));
  out.distribution = read.text("K8S_DISTRIBUTION");
  if (out.distribution.empty()) out.distribution = "k8s";
  out.node = read.text("NODE_NAME");
  out.daemon_set = read.text("DAEMONSET_NAME");
  out.name_space = read.text("POD_NAMESPACE");
  out.is_last = TRY(read.flag("HELM_POST_DELETE_HOOK"));
  for (const auto* name : {"AGENT_HTTPS_PROXY", "AGENT_NO_PROXY"}) {
    if (read.text(name).empty()) continue;
    out.notes.push_back(concat(name, " has no effect: guests pull nothing, the node's engine does"));
  }
  return out;
}

}  // namespace kata::deploy
