#include "cli/report.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/text/time.h"
#include "runtime/log/format.h"

namespace kata::cli {

namespace {

// runc's two formats.
std::string format_line(const Globals& globals, const log::Event& event) {
  auto time = rfc3339(std::chrono::system_clock::now(), Precision::kNanoseconds);
  return (globals.log_format == "json" ? log::json_line(event, time) : log::text_line(event, time)) + "\n";
}

Result<UniqueFd> open_log(const Globals& globals) {
  return sys::open(globals.log, O_WRONLY | O_CREAT | O_APPEND, 0644);
}

void append(const Globals& globals, log::Level level, std::string_view message) {
  if (globals.log.empty()) return;
  auto file = open_log(globals);
  auto written =
      file ? sys::write_all(file->get(), format_line(globals, {level, {}, message, {}})) : Result<>(file.error());
  if (!written) {
    auto text = concat("kata-runtime: cannot write the log: ", written.error().message(), "\n");
    std::fputs(text.c_str(), stderr);
  }
}

// An engine without root is 0 in a user namespace of its own.
bool is_root_of_host() {
  auto mapped = sys::read_file("/proc/self/uid_map", 256).value_or("");
  unsigned inside = 1;
  unsigned outside = 1;
  unsigned count = 0;
  bool whole = std::sscanf(mapped.c_str(), "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 &&
               count == UINT32_MAX;
  return ::geteuid() == 0 && whole;
}

Error advise_root(const Error& error) {
  if ((!error.is_errno(EACCES) && !error.is_errno(EPERM)) || is_root_of_host()) return error;
  return error.hint(
      "run it as root, the engine that calls it, too: a virtual machine needs the host's devices, mounts and cgroups");
}

}  // namespace

void report(const Globals& globals, const Error& error) {
  auto text = advise_root(error).text();
  std::fputs(concat("kata-runtime: ", text, "\n").c_str(), stderr);
  append(globals, log::Level::kError, text);
}

Result<> set_up_log(const Globals& globals) {
  if (!globals.log.empty()) TRY_WRAP(open_log(globals), "opening the log");
  log::set_level(globals.debug ? log::Level::kDebug : log::Level::kWarning);
  log::set_sink([globals](const log::Event& event) {
    if (event.level < log::Level::kWarning && globals.log.empty()) {
      std::fputs(format_line(globals, event).c_str(), stderr);
      return;
    }
    auto text = concat(event.subsystem, ": ", event.message);
    for (const auto& [name, value] : event.fields) text += concat(" ", name, "=", value);
    if (event.level == log::Level::kError || globals.log.empty()) {
      std::fputs(concat("kata-runtime: ", text, "\n").c_str(), stderr);
    }
    // See lifecycle.cc: a JSON log is for errors only, unless all is asked for.
    bool wanted = globals.debug || globals.log_format == "text" || event.level == log::Level::kError;
    if (wanted) append(globals, event.level, text);
  });
  return {};
}

}  // namespace kata::cli
