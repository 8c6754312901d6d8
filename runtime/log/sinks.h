// Where a process of the host writes its events (lib/base/log.h). One event is one line, or one
// datagram. Nothing here blocks or kills the process: what can't be written is dropped.
//
// Call the use_… functions while the process starts. Thread-safe, as log::set_sink is.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/base/result.h"

namespace kata::log {

// The engine's --log file, in runc's formats: "text" (key="value" pairs) or "json" (one object a line,
// with "level", "msg" and "time"). Appends; the file may be a FIFO. An error names the path.
Result<> use_file(const std::string& path, std::string_view format);

// journald, else syslog, else stderr: the first that is there. Returns its name for a log line.
std::string_view use_system();

// The parts of use_system, by the path of the daemon's socket.
Result<Sink> journal_sink(const std::string& socket = "/run/systemd/journal/socket");
Result<Sink> syslog_sink(const std::string& socket = "/dev/log");
Result<Sink> file_sink(const std::string& path, std::string_view format);

}  // namespace kata::log
