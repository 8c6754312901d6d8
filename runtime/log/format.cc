#include "runtime/log/format.h"

#include <sys/time.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "lib/base/concat.h"

namespace kata::log {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// Length of the UTF-8 sequence that starts the text; 0 when it is not one.
size_t sequence_length(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = byte(0) < 0x80   ? 1
                  : byte(0) < 0xc2 ? 0
                  : byte(0) < 0xe0 ? 2
                  : byte(0) < 0xf0 ? 3
                  : byte(0) < 0xf5 ? 4
                                   : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  // Surrogates, over-long forms and what is beyond U+10FFFF.
  if (byte(0) == 0xe0 && byte(1) < 0xa0) return 0;
  if (byte(0) == 0xed && byte(1) > 0x9f) return 0;
  if (byte(0) == 0xf0 && byte(1) < 0x90) return 0;
  if (byte(0) == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\t':
      out.append("\\t");
      return;
    case '\r':
      out.append("\\r");
      return;
    default:
      break;
  }
  auto byte = static_cast<unsigned char>(c);
  out.append("\\u00").append({kHex[byte >> 4U], kHex[byte & 15U]});
}

// A JSON string; it serves the text format too.
void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    auto length = sequence_length(text);
    auto byte = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out.append("\xef\xbf\xbd");  // U+FFFD
    } else if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') {
      append_escape(out, text[0]);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/@^+";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  out.append(concat(" ", name, "="));
  if (is_plain(value)) {
    out.append(value);
  } else {
    append_quoted(out, value);
  }
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.size() > 1 ? "," : "");
  append_quoted(out, name);
  out.push_back(':');
  append_quoted(out, value);
}

bool is_reserved(std::string_view name) {
  return name == "level" || name == "msg" || name == "time" || name == "subsystem";
}

}  // namespace

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  std::array<char, 64> text{};
  auto length = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text.data() + length, text.size() - length, ".%06ldZ", now.tv_nsec / 1000);
  return text.data();
}

std::string text_line(const Event& event, std::string_view time) {
  auto out = concat("time=\"", time, "\" level=", level_name(event.level), " msg=");
  append_quoted(out, event.message);
  append_pair(out, "subsystem", event.subsystem);
  for (const auto& [name, value] : event.fields) append_pair(out, name, value);
  return out;
}

std::string json_line(const Event& event, std::string_view time) {
  std::string out = "{";
  append_member(out, "level", level_name(event.level));
  append_member(out, "msg", event.message);
  append_member(out, "time", time);
  append_member(out, "subsystem", event.subsystem);
  for (const auto& [name, value] : event.fields) {
    append_member(out, is_reserved(name) ? concat("fields.", name) : std::string(name), value);
  }
  return out + "}";
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
