#include "agent/guest/options.h"

#include <charconv>

namespace kata::agent {

namespace {

void set_number(std::string_view text, uint32_t& number) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value != 0) number = value;
}

log::Level parse_level(std::string_view name, log::Level fallback) {
  if (name == "trace" || name == "debug") return log::Level::kDebug;
  if (name == "info") return log::Level::kInfo;
  if (name == "warn" || name == "warning") return log::Level::kWarning;
  if (name == "error" || name == "critical") return log::Level::kError;
  return fallback;
}

bool parse_flag(std::string_view value) { return value.empty() || value == "1" || value == "true"; }

void apply(std::string_view key, std::string_view value, Options& options) {
  if (key == "agent.log") options.log_level = parse_level(value, options.log_level);
  if (key == "agent.devmode" && parse_flag(value)) options.log_level = log::Level::kDebug;
  if (key == "agent.debug_console") options.debug_console = parse_flag(value);
  if (key == "agent.debug_console_vport") set_number(value, options.debug_console_port);
  if (key == "agent.log_vport") set_number(value, options.log_port);
  if (key == "agent.hotplug_timeout") {
    uint32_t seconds = 0;
    set_number(value, seconds);
    if (seconds != 0) options.hotplug_timeout = std::chrono::seconds(seconds);
  }
}

}  // namespace

Options parse_options(std::string_view command_line) {
  Options options;
  constexpr std::string_view kSpace = " \t\n";
  while (!command_line.empty()) {
    auto start = std::min(command_line.find_first_not_of(kSpace), command_line.size());
    command_line.remove_prefix(start);
    auto word = command_line.substr(0, command_line.find_first_of(kSpace));
    command_line.remove_prefix(word.size());
    auto equals = std::min(word.find('='), word.size());
    apply(word.substr(0, equals), word.substr(std::min(equals + 1, word.size())), options);
  }
  return options;
}

}  // namespace kata::agent
