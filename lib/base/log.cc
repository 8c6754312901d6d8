#include "lib/base/log.h"

#include <unistd.h>

#include <atomic>

#include "lib/base/concat.h"
#include "lib/base/mutex.h"
#include "lib/base/printable.h"

namespace kata::log {

namespace {

struct State {
  Mutex mutex;
  Sink sink GUARDED_BY(mutex);
  std::vector<std::pair<std::string, std::string>> fields GUARDED_BY(mutex);
};

// Never destroyed: threads may log while the process exits.
State& state() {
  static auto* instance = new State;
  return *instance;
}

std::atomic<Level> threshold{Level::kInfo};

void write_to_stderr(const Event& event) {
  auto line = to_text(event) + "\n";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      out.append(printable({&c, 1}, kQuotedBytes));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

void set_level(Level level) { threshold = level; }
bool enabled(Level level) { return level >= threshold; }

void set_sink(Sink sink) {
  auto& shared = state();
  MutexLock lock(shared.mutex);
  shared.sink = std::move(sink);
}

void set_field(std::string name, std::string value) {
  auto& shared = state();
  MutexLock lock(shared.mutex);
  for (auto& field : shared.fields) {
    if (field.first != name) continue;
    field.second = std::move(value);
    return;
  }
  shared.fields.emplace_back(std::move(name), std::move(value));
}

std::string to_text(const Event& event) {
  auto out = concat("level=", level_name(event.level), " subsystem=", event.subsystem, " msg=");
  append_quoted(out, event.message);
  for (const auto& [name, value] : event.fields) {
    out.append(concat(" ", name, "="));
    append_quoted(out, value);
  }
  return out;
}

void emit(Level level, std::string_view subsystem, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  Event event{level, subsystem, message, fields};
  auto& shared = state();
  MutexLock lock(shared.mutex);
  for (const auto& [name, value] : shared.fields) event.fields.emplace_back(name, value);
  if (shared.sink) {
    shared.sink(event);
  } else {
    write_to_stderr(event);
  }
}

}  // namespace kata::log
