#include <sys/stat.h>

#include <memory>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "runtime/log/format.h"
#include "runtime/log/sinks.h"

namespace kata::log {

namespace {

Result<UniqueFd> open_log(const std::string& path) {
  auto found = sys::stat(path);
  // A FIFO is opened for both directions: without a reader a write must not be refused or kill us.
  if (found && S_ISFIFO(found->st_mode)) return sys::open(path, O_RDWR | O_NONBLOCK);
  return sys::open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK, 0644);
}

}  // namespace

Result<Sink> file_sink(const std::string& path, std::string_view format) {
  if (format != "text" && format != "json") {
    return Error::make(Code::kInvalidArgument, concat("log format \"", format, "\" is neither text nor json"));
  }
  auto file = std::make_shared<UniqueFd>(TRY_WRAP(open_log(path), "log file"));
  auto line = format == "json" ? json_line : text_line;
  return Sink([file, line](const Event& event) {
    // One write, so that lines of several processes don't mix. A full disk loses the line.
    auto text = line(event, timestamp()) + "\n";
    ignore(sys::write_some(file->get(), text.data(), text.size()));
  });
}

Result<> use_file(const std::string& path, std::string_view format) {
  set_sink(TRY(file_sink(path, format)));
  return {};
}

}  // namespace kata::log
