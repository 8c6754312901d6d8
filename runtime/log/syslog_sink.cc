// The local syslog daemon, in the form of RFC 3164, section 4.1 that libc's syslog() writes.
#include <unistd.h>

#include <array>
#include <ctime>
#include <memory>

#include "lib/base/concat.h"
#include "runtime/log/datagram.h"
#include "runtime/log/format.h"
#include "runtime/log/sinks.h"

namespace kata::log {

namespace {

constexpr int kUserFacility = 1 << 3;
constexpr size_t kMaxLine = 8000;  // rsyslog's default limit is 8 KiB

std::string local_time() {
  auto now = time(nullptr);
  tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 32> text{};
  strftime(text.data(), text.size(), "%b %e %H:%M:%S", &parts);
  return text.data();
}

std::string line_of(const Event& event) {
  auto line = text_line(event, timestamp());
  line.erase(0, line.find(" level=") + 1);  // the daemon has a time of its own
  auto head = concat("<", kUserFacility + syslog_severity(event.level), ">", local_time(), " kata[", getpid(), "]: ");
  return (head + line).substr(0, kMaxLine);
}

}  // namespace

Result<Sink> syslog_sink(const std::string& socket) {
  auto daemon = std::make_shared<Datagram>(TRY_WRAP(Datagram::create(socket), "syslog"));
  return Sink([daemon](const Event& event) { daemon->send(line_of(event)); });
}

std::string_view use_system() {
  if (auto journal = journal_sink()) {
    set_sink(*journal);
    return "journald";
  }
  if (auto syslog = syslog_sink()) {
    set_sink(*syslog);
    return "syslog";
  }
  set_sink(nullptr);
  return "stderr";
}

}  // namespace kata::log
