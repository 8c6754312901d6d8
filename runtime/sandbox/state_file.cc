#include <unistd.h>

#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/json_text.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

// With one decimal.
std::string json_milliseconds(double value) {
  auto tenths = static_cast<int64_t>(value * 10 + 0.5);
  if (tenths < 0) tenths = 0;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string container_json(const Container& container, pid_t pid) {
  JsonObject out;
  auto life = container.first->life();
  out.text("id", container.id).text("bundle", container.bundle).text("status", state_name(life)).number("pid", pid);
  if (const auto* stopped = std::get_if<Stopped>(&life)) {
    out.number("exitStatus", stopped->exit.status);
    if (!stopped->exit.cause.empty()) out.text("cause", stopped->exit.cause);
  }
  return out.str();
}

}  // namespace

void Sandbox::mark(std::string what) {
  auto now = std::chrono::steady_clock::now() - born_;
  std::scoped_lock lock(times_mutex_);
  times_.emplace_back(std::move(what), std::chrono::duration<double, std::milli>(now).count());
}

// Beside the start, which does not wait for it.
void Sandbox::ask_guest_for_times() {
  threads_.try_run("guest-times", [this] {
    auto details = machine_->agent().guest_details();
    if (!details || details->agent_start_boottime_ns() == 0) return;
    constexpr double kNanosPerMilli = 1e6;
    auto start = static_cast<double>(details->agent_start_boottime_ns()) / kNanosPerMilli;
    auto ready = static_cast<double>(details->agent_ready_boottime_ns()) / kNanosPerMilli;
    std::scoped_lock lock(times_mutex_);
    kernel_ms_ = start;
    agent_ms_ = ready - start;
  });
}

std::string Sandbox::timing() const {
  std::scoped_lock lock(times_mutex_);
  std::map<std::string, double> at(times_.begin(), times_.end());
  auto between = [&](const char* from, const char* to) {
    return at.contains(from) && at.contains(to) ? at[to] - at[from] : 0;
  };
  double boot = between("vmStarted", "agentConnected");
  JsonObject out;
  out.raw("shim", json_milliseconds(at["prepared"]));
  out.raw("VMM", json_milliseconds(between("prepared", "vmStarted")));
  if (kernel_ms_ > 0) {
    out.raw("kernel", json_milliseconds(kernel_ms_)).raw("agent", json_milliseconds(agent_ms_));
    out.raw("firmware and channel", json_milliseconds(boot - kernel_ms_ - agent_ms_));
  } else {
    out.raw("kernel and agent", json_milliseconds(boot));
  }
  out.raw("sandbox", json_milliseconds(between("agentConnected", "sandboxCreated")));
  return out.raw("container", json_milliseconds(between("sandboxCreated", "containerCreated"))).str();
}

// For people and tests: nothing of ours reads it back.
void Sandbox::write_state() const {
  std::scoped_lock writing(state_file_mutex_);
  if (directory_.empty()) return;
  JsonObject out;
  out.number("version", 1).text("id", options_.id).number("shimPid", ::getpid());
  if (machine_) {
    out.number("vmPid", machine_->pid());
    out.text("accelerator", hypervisor::accelerator_name(choice_.accelerator));
    out.text("channel", hypervisor::channel_name(choice_.channel));
  }
  std::string list;
  {
    std::scoped_lock lock(mutex_);
    if (cause_) out.text("cause", cause_->message());
    for (const auto& [id, container] : containers_) {
      if (container->first)
        list += (list.empty() ? "" : ", ") + container_json(*container, reported_pid(*container->first));
    }
  }
  JsonObject times;
  {
    std::scoped_lock lock(times_mutex_);
    for (const auto& [what, when] : times_) times.raw(what, json_milliseconds(when));
  }
  out.raw("timesMs", times.str()).raw("containers", "[" + list + "]");
  auto written = sys::write_file_atomic(directory_ + "/state.json", out.str() + "\n", 0600);
  if (!written) log::warning("sandbox", "cannot write state.json", {{"error", written.error().text()}});
}

}  // namespace kata
