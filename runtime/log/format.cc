#include "runtime/log/format.h"

#include <chrono>

#include "lib/base/concat.h"
#include "lib/text/json.h"
#include "lib/text/time.h"

namespace kata::log {

namespace {

bool is_plain(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/@^+";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  out.append(concat(" ", name, "="));
  if (is_plain(value)) {
    out.append(value);
  } else {
    out.append(json_string(value));
  }
}

bool is_reserved(std::string_view name) {
  return name == "level" || name == "msg" || name == "time" || name == "subsystem";
}

}  // namespace

std::string timestamp() { return rfc3339(std::chrono::system_clock::now(), Precision::kMicroseconds); }

std::string text_line(const Event& event, std::string_view time) {
  auto out = concat("time=\"", time, "\" level=", level_name(event.level), " msg=");
  out.append(json_string(event.message));
  if (!event.subsystem.empty()) append_pair(out, "subsystem", event.subsystem);
  for (const auto& [name, value] : event.fields) append_pair(out, name, value);
  return out;
}

std::string json_line(const Event& event, std::string_view time) {
  JsonWriter json(false);
  json.begin_object().field("level", level_name(event.level)).field("msg", event.message).field("time", time);
  if (!event.subsystem.empty()) json.field("subsystem", event.subsystem);
  for (const auto& [name, value] : event.fields) {
    json.field(is_reserved(name) ? concat("fields.", name) : std::string(name), value);
  }
  return json.end_object().text();
}

int syslog_severity(Level level) {
  switch (level) {
    case Level::kDebug:
      return 7;
    case Level::kInfo:
      return 6;
    case Level::kWarning:
      return 4;
    case Level::kError:
      return 3;
  }
  return 3;
}

}  // namespace kata::log
