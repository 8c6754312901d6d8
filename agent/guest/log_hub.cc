#include "agent/guest/log_hub.h"

#include <unistd.h>

#include <chrono>

#include "agent/guest/power.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/text/json.h"
#include "lib/text/time.h"

namespace kata::agent {

namespace {

// slog's names, which upstream's tools read.
std::string_view slog_level(log::Level level) {
  switch (level) {
    case log::Level::kDebug:
      return "DEBG";
    case log::Level::kInfo:
      return "INFO";
    case log::Level::kWarning:
      return "WARN";
    case log::Level::kError:
      break;
  }
  return "ERRO";
}

}  // namespace

std::string to_json_line(const log::Event& event, std::chrono::system_clock::time_point now, int pid) {
  JsonWriter json(false);
  json.begin_object()
      .field("msg", event.message)
      .field("level", slog_level(event.level))
      .field("ts", rfc3339(now, Precision::kNanoseconds))
      .field("subsystem", event.subsystem)
      .field("version", KATA_VERSION)
      .field("pid", concat(pid))
      .field("source", "agent")
      .field("name", "kata-agent");
  for (const auto& [key, value] : event.fields) json.field(key, value);
  return json.end_object().text() + "\n";
}

void LogHub::add(std::string line) {
  MutexLock lock(mutex_);
  bytes_ += line.size();
  lines_.push_back(std::move(line));
  while (bytes_ > capacity_ && lines_.size() > 1) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
    ++first_;
  }
  changed_.notify_all();
}

std::string LogHub::wait_for_lines(uint64_t& next) {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return stopped_ || next < first_ + lines_.size(); });
  std::string out;
  if (stopped_) return out;
  if (next < first_) {
    out = concat("{\"msg\":\"", first_ - next, " lines were lost\",\"level\":\"WARN\",\"source\":\"agent\"}\n");
    next = first_;
  }
  for (; next < first_ + lines_.size(); ++next) out += lines_[next - first_];
  return out;
}

void LogHub::stream_to(UniqueFd reader) {
  uint64_t next = 0;
  for (;;) {
    auto text = wait_for_lines(next);
    if (text.empty() || !sys::write_all(reader.get(), text).ok()) return;
  }
}

void LogHub::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void log_to(LogHub& hub) {
  log::set_sink([&hub](const log::Event& event) {
    hub.add(to_json_line(event, std::chrono::system_clock::now(), ::getpid()));
    if (event.level == log::Level::kError) print_to_console("kata-agent: " + log::to_text(event));
  });
}

}  // namespace kata::agent
