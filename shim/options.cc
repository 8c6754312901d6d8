#include "shim/options.h"

#include <string_view>

#include "lib/base/concat.h"

namespace kata::shim {

namespace {

struct TextFlag {
  std::string_view name;
  std::string Options::*field;
  std::string_view help;
};
struct SwitchFlag {
  std::string_view name;
  bool Options::*field;
  std::string_view help;
};

constexpr TextFlag kTexts[] = {
    {"namespace", &Options::name_space, "containerd's namespace of the container"},
    {"address", &Options::address, "containerd's address"},
    {"publish-binary", &Options::publish_binary, "path of containerd's program (accepted, not used)"},
    {"id", &Options::id, "the container's id"},
    {"bundle", &Options::bundle, "the container's bundle; the working directory when not given"},
    {"socket", &Options::socket, "where the shim listens (accepted; the listener is descriptor 3)"},
    {"sandbox-id", &Options::sandbox_id, "names /run/kata/<id>; the container's id when not given"},
    {"config", &Options::config, "configuration file"},
    {"log", &Options::log, "log file"},
    {"log-format", &Options::log_format, "text or json"},
};
constexpr SwitchFlag kSwitches[] = {
    {"systemd-cgroup", &Options::systemd_cgroup, "systemd's driver for a container that names no cgroup"},
    {"debug", &Options::debug, "log more"},
    {"info", &Options::info, "print what the runtime is, as protobuf"},
    {"v", &Options::version, "print the version"},
    {"version", &Options::version, "print the version"},
    {"h", &Options::help, "print this"},
    {"help", &Options::help, "print this"},
};

Result<> set_switch(Options& options, const SwitchFlag& flag, const std::string* value) {
  if (value == nullptr || *value == "true" || *value == "1") {
    options.*flag.field = true;
  } else if (*value == "false" || *value == "0") {
    options.*flag.field = false;
  } else {
    return Error::make(Code::kInvalidArgument, concat("flag -", flag.name, ": \"", *value, "\" is no boolean"));
  }
  return {};
}

Result<Action> parse_action(std::string_view word) {
  if (word == "start") return Action::kStart;
  if (word == "delete") return Action::kDelete;
  if (word == "features") return Action::kFeatures;
  return Error::make(Code::kInvalidArgument, concat("unknown action \"", word, "\""))
      .hint("use start, delete, features, or none to serve");
}

}  // namespace

Result<Options> parse_options(std::span<char* const> arguments) {
  Options options;
  size_t i = 0;
  for (; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (word.size() < 2 || word[0] != '-') break;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    if (word.empty()) {
      ++i;
      break;
    }
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    std::string value(equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1));
    bool known = false;
    for (const auto& flag : kSwitches) {
      if (flag.name != name) continue;
      TRY(set_switch(options, flag, equals == std::string_view::npos ? nullptr : &value));
      known = true;
    }
    for (const auto& flag : kTexts) {
      if (flag.name != name) continue;
      if (equals == std::string_view::npos) {
        if (++i >= arguments.size()) {
          return Error::make(Code::kInvalidArgument, concat("flag -", name, " needs a value"));
        }
        value = arguments[i];
      }
      options.*flag.field = value;
      known = true;
    }
    if (!known) return Error::make(Code::kInvalidArgument, concat("unknown flag -", name)).hint("see -help");
  }
  if (i < arguments.size()) options.action = TRY(parse_action(arguments[i++]));
  if (i == arguments.size()) return options;
  return Error::make(Code::kInvalidArgument, concat("unexpected argument \"", arguments[i], "\""));
}

std::string variant_of(std::string_view program) {
  constexpr std::string_view kStart = "containerd-shim-kata-";
  constexpr std::string_view kEnd = "-v2";
  program.remove_prefix(program.rfind('/') + 1);  // npos + 1 is 0
  bool named = program.starts_with(kStart) && program.ends_with(kEnd) && program.size() > kStart.size() + kEnd.size();
  if (!named) return {};
  return std::string(program.substr(kStart.size(), program.size() - kStart.size() - kEnd.size()));
}

std::string usage() {
  std::string out = "Usage of containerd-shim-kata-v2: [flags] [start|delete|features]\n";
  for (const auto& flag : kTexts) out += concat("  -", flag.name, " string\n    \t", flag.help, "\n");
  for (const auto& flag : kSwitches) out += concat("  -", flag.name, "\n    \t", flag.help, "\n");
  return out;
}

}  // namespace kata::shim
