#include "agent/guest/log_hub.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>

#include "agent/guest/power.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"

namespace kata::agent {

namespace {

void append_json(std::string& out, std::string_view text) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> code{};
      (void)std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      out.append(code.data());
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_pair(std::string& out, std::string_view key, std::string_view value) {
  if (out.size() > 1) out.push_back(',');
  append_json(out, key);
  out.push_back(':');
  append_json(out, value);
}

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

// RFC 3339 without time zones or locales.
std::string timestamp(uint64_t now_ns) {
  using namespace std::chrono;
  auto since = nanoseconds(now_ns);
  auto days = floor<std::chrono::days>(sys_time<nanoseconds>(since));
  year_month_day date{days};
  hh_mm_ss time{sys_time<nanoseconds>(since) - days};
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text.data();
}

uint64_t wall_clock_ns() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

std::string to_json_line(const log::Event& event, uint64_t now_ns, int pid) {
  std::string out = "{";
  append_pair(out, "msg", event.message);
  append_pair(out, "level", slog_level(event.level));
  append_pair(out, "ts", timestamp(now_ns));
  append_pair(out, "subsystem", event.subsystem);
  append_pair(out, "version", KATA_VERSION);
  append_pair(out, "pid", concat(pid));
  append_pair(out, "source", "agent");
  append_pair(out, "name", "kata-agent");
  for (const auto& [key, value] : event.fields) append_pair(out, key, value);
  return out + "}\n";
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
    hub.add(to_json_line(event, wall_clock_ns(), ::getpid()));
    if (event.level == log::Level::kError) print_to_console("kata-agent: " + log::to_text(event));
  });
}

}  // namespace kata::agent
