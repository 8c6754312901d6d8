#include "cli/report.h"

#include <cstdio>

#include "cli/container/record.h"
#include "cli/output/json_writer.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

// runc's two formats.
std::string format_line(const Globals& globals, std::string_view level, std::string_view message) {
  if (globals.log_format == "json") {
    JsonWriter json(false);
    json.begin_object().field("level", level).field("msg", message).field("time", now_rfc3339()).end_object();
    return json.text() + "\n";
  }
  return concat("time=\"", now_rfc3339(), "\" level=", level, " msg=", json_string(message), "\n");
}

void append(const Globals& globals, std::string_view level, std::string_view message) {
  if (globals.log.empty()) return;
  auto file = sys::open(globals.log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  auto written = file ? sys::write_all(file->get(), format_line(globals, level, message)) : Result<>(file.error());
  if (!written) {
    auto text = concat("kata-runtime: cannot write the log: ", written.error().message(), "\n");
    std::fputs(text.c_str(), stderr);
  }
}

}  // namespace

void report(const Globals& globals, const Error& error) {
  auto text = error.text();
  std::fputs(concat("kata-runtime: ", text, "\n").c_str(), stderr);
  append(globals, "error", text);
}

void set_up_log(const Globals& globals) {
  log::set_level(globals.debug ? log::Level::kDebug : log::Level::kWarning);
  log::set_sink([globals](const log::Event& event) {
    auto text = concat(event.subsystem, ": ", event.message);
    for (const auto& [name, value] : event.fields) text += concat(" ", name, "=", value);
    if (event.level == log::Level::kError || globals.log.empty()) {
      std::fputs(concat("kata-runtime: ", text, "\n").c_str(), stderr);
    }
    // See lifecycle.cc: a JSON log is for errors only, unless all is asked for.
    bool wanted = globals.debug || globals.log_format == "text" || event.level == log::Level::kError;
    if (wanted) append(globals, log::level_name(event.level), text);
  });
}

}  // namespace kata::cli
