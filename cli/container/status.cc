#include "cli/container/status.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include "lib/base/concat.h"

namespace kata::cli {

namespace {

// To an engine the stand-in is the container: when it is killed the container has ended, also while the shim, which
// sees it too, still ends what is in the guest. Otherwise the engine's `delete` would find it running.
bool ended_by_standin(const Container& container) {
  auto status = container.state.status;
  bool alive = status == Status::kRunning || status == Status::kPaused || status == Status::kCreated;
  return alive && container.record.standin.pid > 0 && !still_runs(container.record.standin);
}

// One that is ending closes its socket first.
bool goes_on(const ProcessMark& shim) {
  constexpr std::chrono::seconds kPatience{3};
  constexpr std::chrono::milliseconds kInterval{20};
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (still_runs(shim)) {
    if (std::chrono::steady_clock::now() >= deadline) return true;
    std::this_thread::sleep_for(kInterval);
  }
  return false;
}

// Whoever cannot ask knows nothing, least of all that it has ended.
Error unreachable(const Container& container, const Error& why) {
  return Error::make(Code::kUnavailable,
                     concat("container \"", container.place.id(), "\": its shim, process ", container.record.shim.pid,
                            ", runs and cannot be asked: ", why.message()))
      .hint("run the command as the user who made the container, or remove the container with delete --force");
}

}  // namespace

Result<Container> find_container(const Globals& globals, const std::string& id) {
  return inspect(TRY(find_place(globals, id)));
}

Result<Container> inspect(const Place& place) {
  bool creating = being_created(place);  // first: a creation that ends meanwhile is then seen as ended
  Container out{place, {}, {}, nullptr};
  auto record = place.load();
  if (!record && creating) {
    out.record.id = place.id();
    out.state.status = Status::kCreating;
    return out;
  }
  if (!record && record.error().is_errno(ENOENT)) {
    // Its creator was killed before it could write anything.
    out.record.id = place.id();
    return out;
  }
  out.record = TRY_WRAP(record, concat("container \"", place.id(), "\""));
  if (creating) out.state.status = Status::kCreating;
  if (!still_runs(out.record.shim)) return out;
  auto shim = ShimClient::connect(place.socket(), place.id());
  if (!shim && !creating && goes_on(out.record.shim)) return unreachable(out, shim.error());
  if (!shim) return out;
  auto state = (*shim)->state();
  if (!state && state.error().is(Code::kDeadlineExceeded)) {
    return Error::make(Code::kDeadlineExceeded, concat("container \"", place.id(), "\": its shim, process ",
                                                       out.record.shim.pid, ", does not answer"))
        .hint("repeat the command, look at /proc/PID/stack of the shim, or remove the container with delete --force");
  }
  if (!state && !creating && !state.error().is(Code::kNotFound)) {
    if (goes_on(out.record.shim)) return unreachable(out, state.error());
    out.state.cause = state.error().message();
  }
  if (state && !(creating && state->status == Status::kStopped)) out.state = *state;
  if (state) out.shim = std::move(shim).value();
  if (ended_by_standin(out)) out.state.status = Status::kStopped;
  return out;
}

Result<Container> find_running(const Globals& globals, const std::string& id, std::string_view to_do,
                               bool paused_is_fine) {
  auto out = TRY(find_container(globals, id));
  if (out.state.status == Status::kRunning) return out;
  if (out.state.status == Status::kPaused && paused_is_fine) return out;
  auto cause = out.state.cause.empty() ? std::string() : ": " + out.state.cause;
  return Error::make(Code::kFailedPrecondition, concat("cannot ", to_do, ": container not running (\"", id, "\" is ",
                                                       status_name(out.state.status), ")", cause));
}

}  // namespace kata::cli
