#include "runtime/sandbox/logger.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"

extern char** environ;

namespace kata {

namespace {

constexpr std::string_view kScheme = "binary://";
constexpr std::chrono::seconds kStartTimeout{10};
constexpr std::chrono::seconds kEndTimeout{12};  // containerd's
// Where containerd's logging programs find their descriptors.
constexpr int kStdout = 3;
constexpr int kStderr = 4;
constexpr int kReady = 5;

std::string decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        ::sscanf(std::string(text.substr(i + 1, 2)).c_str(), "%2x", &value) == 1) {
      out.push_back(static_cast<char>(value));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::vector<std::string> arguments(std::string_view uri) {
  uri.remove_prefix(kScheme.size());
  auto question = uri.find('?');
  std::vector<std::string> out{decode(uri.substr(0, question))};
  auto query = question == std::string_view::npos ? std::string_view{} : uri.substr(question + 1);
  while (!query.empty()) {
    auto end = query.find('&');
    auto pair = query.substr(0, end);
    auto equals = pair.find('=');
    out.push_back(decode(pair.substr(0, equals)));
    if (equals != std::string_view::npos && equals + 1 < pair.size()) out.push_back(decode(pair.substr(equals + 1)));
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return out;
}

std::vector<std::string> environment(const std::string& container, const std::string& name_space) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) out.emplace_back(*entry);
  out.push_back("CONTAINER_ID=" + container);
  out.push_back("CONTAINER_NAMESPACE=" + name_space);
  return out;
}

}  // namespace

bool is_logger(const std::string& uri) { return uri.starts_with(kScheme); }

Result<Logger> start_logger(const std::string& uri, const std::string& container, const std::string& name_space) {
  auto out = TRY(sys::pipe());
  auto err = TRY(sys::pipe());
  auto ready = TRY(sys::pipe());
  sys::Spawn what;
  what.argv = arguments(uri);
  auto program = what.argv[0];
  what.descriptors = {{kStdout, out.read.get()}, {kStderr, err.read.get()}, {kReady, ready.write.get()}};
  what.env = environment(container, name_space);
  Logger logger;
  logger.child = TRY_WRAP(sys::spawn(what), "starting the logging program");
  ready.write.reset();
  if (!sys::wait_for(ready.read.get(), POLLIN, kStartTimeout).value_or(false)) {
    ignore(sys::pidfd_signal(logger.child.pidfd.get(), SIGKILL));
    ignore(sys::wait_child(logger.child.pid));
    return Error::make(Code::kDeadlineExceeded, concat("the logging program ", program, " does not get ready"));
  }
  // The end of the pipe means ready, or that it has ended.
  auto ended = sys::wait_child_for(logger.child.pid, logger.child.pidfd.get(), std::chrono::milliseconds(0));
  if (ended && *ended) {
    return Error::make(Code::kUnavailable, concat("the logging program ", program, " ", sys::describe(**ended)));
  }
  TRY(sys::set_nonblocking(out.write.get(), true));
  TRY(sys::set_nonblocking(err.write.get(), true));
  logger.out = std::move(out.write);
  logger.err = std::move(err.write);
  return logger;
}

void end_logger(const sys::Child& child) {
  auto ended = sys::wait_child_for(child.pid, child.pidfd.get(), kEndTimeout);
  if (ended && *ended) return;
  log::warning("stdio", "the logging program does not end; killing it");
  ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
  ignore(sys::wait_child(child.pid));
}

}  // namespace kata
