// Structured log events. The process picks the sink; libraries only emit.
//
//   log::info("qemu", "virtual machine started", {{"pid", concat(pid)}});
//
// Thread-safe. Before set_sink(), events go to stderr as text.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kata::log {

enum class Level { kDebug, kInfo, kWarning, kError };

using Field = std::pair<std::string_view, std::string>;

struct Event {
  Level level;
  std::string_view subsystem;
  std::string_view message;
  std::vector<Field> fields;  // the call's own, then the process-wide ones
};

using Sink = std::function<void(const Event&)>;

std::string_view level_name(Level level);
void set_level(Level level);
bool enabled(Level level);
void set_sink(Sink sink);

// A field that every later event carries (sandbox, container). Replaces one of the same name.
void set_field(std::string name, std::string value);

// level=… msg=… key="value" …, without a time stamp or newline.
std::string to_text(const Event& event);

void emit(Level level, std::string_view subsystem, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view subsystem, std::string_view message, std::initializer_list<Field> fields = {}) {
  emit(Level::kDebug, subsystem, message, fields);
}
inline void info(std::string_view subsystem, std::string_view message, std::initializer_list<Field> fields = {}) {
  emit(Level::kInfo, subsystem, message, fields);
}
inline void warning(std::string_view subsystem, std::string_view message, std::initializer_list<Field> fields = {}) {
  emit(Level::kWarning, subsystem, message, fields);
}
inline void error(std::string_view subsystem, std::string_view message, std::initializer_list<Field> fields = {}) {
  emit(Level::kError, subsystem, message, fields);
}

}  // namespace kata::log
