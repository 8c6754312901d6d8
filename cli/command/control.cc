#include "cli/command/control.h"

#include <signal.h>

#include "cli/container/id.h"
#include "cli/container/status.h"
#include "cli/container/teardown.h"
#include "cli/process/signals.h"
#include "lib/base/concat.h"

namespace kata::cli {

namespace {

bool standin_runs(const Globals& globals, const std::string& id) {
  auto place = find_place(globals, id);
  if (!place) return false;
  auto record = place->load();
  return record && still_runs(record->standin);
}

}  // namespace

Result<int> run_kill(const Globals& globals, const KillOptions& options) {
  // An empty word is none, as engines' scripts have it ("$signal").
  int number = TRY(parse_signal(options.signal.empty() ? "TERM" : options.signal));
  // To an engine the stand-in is the container: a signal reaches it when it is there as the command begins, also when
  // it is on its way out. Podman takes "not running" for a failure then.
  bool was_there = standin_runs(globals, options.id);
  auto container = TRY(find_container(globals, options.id));
  bool alive = container.state.status != Status::kStopped && container.shim != nullptr;
  // `kill --all` of a container that has stopped is what engines do to be sure: nothing is left to kill.
  if (!alive && options.all) return 0;
  if (!alive && was_there) {
    end_standin(container.record, number == SIGKILL);
    return 0;
  }
  if (!alive) {
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot signal container \"", options.id, "\": container not running"));
  }
  TRY(container.shim->kill({}, number, options.all));
  return 0;
}

Result<int> run_delete(const Globals& globals, const std::string& id, bool force) {
  auto found = find_place(globals, id);
  if (!found && force && found.error().is(Code::kNotFound)) return 0;
  Place place = TRY(std::move(found));
  auto creation = force ? PlaceLock::Creation::kBreakOff : PlaceLock::Creation::kRespect;
  auto lock = TRY(PlaceLock::hold(place.root(), place.directory(), creation));
  // Whoever created it, or deletes it as well, was quicker.
  if (!lock.holds() && force) return 0;
  if (!lock.holds()) return Error::make(Code::kNotFound, concat("container \"", id, "\" does not exist"));
  auto container = inspect(place);
  if (!container && !force) return container.error();
  Record record = container ? container->record : place.load().value_or(Record{});
  record.id = id;
  // The creator, or the record, may have met its end before this was written.
  if (record.sandbox_id.empty()) record.sandbox_id = sandbox_id(globals.root, id);
  auto status = container ? container->state.status : Status::kStopped;
  if (!force && status != Status::kStopped && status != Status::kCreated) {
    return Error::make(Code::kFailedPrecondition,
                       concat("cannot delete container \"", id, "\" that is not stopped: ", status_name(status)))
        .hint(concat("run kata-runtime kill ", id, " KILL, or delete --force"));
  }
  if (container) container->shim.reset();
  bool silent = !container && container.error().is(Code::kDeadlineExceeded);
  TRY(tear_down(place, record, force, silent ? ShimTalks::kNo : ShimTalks::kMaybe));
  return 0;
}

Result<int> run_pause(const Globals& globals, const std::string& id) {
  auto container = TRY(find_running(globals, id, "pause", false));
  TRY(container.shim->pause());
  return 0;
}

Result<int> run_resume(const Globals& globals, const std::string& id) {
  auto container = TRY(find_container(globals, id));
  if (container.state.status != Status::kPaused) {
    return Error::make(Code::kFailedPrecondition, concat("cannot resume container \"", id, "\": it is not paused but ",
                                                         status_name(container.state.status)));
  }
  TRY(container.shim->resume());
  return 0;
}

}  // namespace kata::cli
