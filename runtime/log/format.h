// An event as a line of text.
#pragma once

#include <string>

#include "lib/base/log.h"

namespace kata::log {

std::string timestamp();  // now, UTC, RFC 3339 with microseconds

// Without the newline; nothing in the event can add one.
std::string text_line(const Event& event, std::string_view time);
std::string json_line(const Event& event, std::string_view time);

int syslog_severity(Level level);  // RFC 5424, section 6.2.1

}  // namespace kata::log
