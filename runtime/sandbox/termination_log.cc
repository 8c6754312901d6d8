#include "runtime/sandbox/termination_log.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata {

namespace {

constexpr const char* kAnnotation = "io.kubernetes.container.terminationMessagePath";
constexpr const char* kUsual = "/dev/termination-log";
constexpr size_t kMost = 4096;  // the kubelet reads no more, and a guest may say what it wants

Result<> write_to(const std::string& path, std::string_view text) {
  auto file = TRY(sys::open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK));
  return sys::write_all(file.get(), text);
}

}  // namespace

std::string termination_log_of(const grpc::Spec& spec, const std::map<std::string, std::string>& annotations) {
  auto named = annotations.find(kAnnotation);
  std::string place = named == annotations.end() ? kUsual : named->second;
  for (const auto& mount : spec.mounts()) {
    if (mount.destination() != place || !mount.source().starts_with('/')) continue;
    bool read_only = std::count(mount.options().begin(), mount.options().end(), "ro") > 0;
    return read_only ? std::string() : mount.source();
  }
  return {};
}

void bring_back_termination_log(AgentClient& agent, const std::string& container, const std::string& path,
                                const sys::MountNamespace* engine) {
  if (agent.lost()) return;
  auto text = agent.termination_log(container);
  auto done = text ? sys::run_in(engine, [&] { return write_to(path, std::string_view(*text).substr(0, kMost)); })
                   : Result<>(text.error());
  if (!done) log::warning("sandbox", "no termination log", {{"container", container}, {"error", done.error().text()}});
}

}  // namespace kata
