#include "runtime/sandbox/host_hooks.h"

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "runtime/sandbox/stdio.h"

namespace kata {

namespace {

oci::HookRunner runner_of(const Container& container, const Cancel& cancel) {
  oci::HookRunner out;
  // A bundle that was removed before its container shall not keep the last hooks from running.
  out.directory = sys::exists(container.bundle) ? container.bundle : "/";
  out.cancel = cancel.event();
  return out;
}

}  // namespace

Result<> run_host_hooks(Pod& pod, const Container& container, const HookMoment& moment) {
  if (moment.hooks.empty()) return {};
  auto cancel = TRY(Cancel::create());
  pod.gate.cancel_at_end(cancel);
  return oci::run_hooks(moment.kind, moment.hooks, container.hook_state(moment.status, moment.pid),
                        runner_of(container, *cancel));
}

void try_host_hooks(Pod& pod, const Container& container, const HookMoment& moment) {
  if (moment.hooks.empty()) return;
  auto cancel = Cancel::create();
  if (!cancel) {
    log::error("sandbox", concat(moment.kind, " hooks were not run"), {{"error", cancel.error().text()}});
    return;
  }
  pod.gate.cancel_at_end(*cancel);
  oci::try_hooks(moment.kind, moment.hooks, container.hook_state(moment.status, moment.pid),
                 runner_of(container, **cancel));
}

}  // namespace kata
