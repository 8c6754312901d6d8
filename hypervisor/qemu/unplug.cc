#include "hypervisor/qemu/unplug.h"

#include <nlohmann/json.hpp>

#include "lib/base/concat.h"

namespace kata::hypervisor {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool is_refusal(const std::string& event) {
  return event == "DEVICE_UNPLUG_GUEST_ERROR" || event == "DEVICE_UNPLUG_ERROR" || event == "MEM_UNPLUG_ERROR";
}

Error refused(const std::string& id, const QmpMessage& event) {
  auto words = event.text.empty() ? event.name : event.text;
  return Error::make(Code::kFailedPrecondition, concat("the guest does not let go of ", id, ": ", words));
}

// The request may be under way since an earlier try that ran out of time. QEMU has no class of its own for this refusal
// (system/qdev-monitor.c gives "GenericError"), so that its text is all there is to go by; nothing else does that.
bool under_way(const Error& error) { return error.message().find("process of unplug") != std::string::npos; }

}  // namespace

Result<> unplug(Qmp& qmp, const std::string& id, milliseconds command_timeout, milliseconds timeout) {
  Qmp::Events events(qmp, id);
  auto asked = qmp.execute("device_del", command_timeout, nlohmann::json{{"id", id}}.dump());
  if (!asked && asked.error().is(Code::kNotFound)) return {};
  if (!asked && !under_way(asked.error())) return asked.error();
  for (auto end = steady_clock::now() + timeout;;) {
    auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) break;
    auto event = TRY(events.next(left));
    if (!event) break;
    if (event->name == "DEVICE_DELETED") return {};
    if (is_refusal(event->name)) return refused(id, *event);
  }
  return Error::make(Code::kDeadlineExceeded,
                     concat("the guest did not let go of ", id, " within ", timeout.count(), " ms"))
      .hint("stop what uses it in the guest, or resume the guest when it is paused");
}

}  // namespace kata::hypervisor
