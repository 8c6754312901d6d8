#include "cli/report.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/user_namespace.h"
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

Error advise_root(const Error& error) {
  bool root = ::geteuid() == 0 && sys::is_host_with_root();
  if ((!error.is_errno(EACCES) && !error.is_errno(EPERM)) || root) return error;
  return error.hint("see docs/rootless.md for what works without root, or run it as root, its engine too");
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
