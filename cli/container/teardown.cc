#include "cli/container/teardown.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <thread>

#include "cli/container/companions.h"
#include "cli/container/shim_client.h"
#include "lib/base/concat.h"
#include "lib/oci/id.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "runtime/journal/run_directory.h"
#include "runtime/task/launch.h"

namespace kata::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The guest's share of an end; without KVM everything there is 10 times slower.
constexpr seconds kWorkloadEnd{20};
constexpr milliseconds kShimEnd{15'000};
constexpr milliseconds kKilledEnd{10'000};
constexpr milliseconds kStandinEnd{2'000};
constexpr milliseconds kDeleteAction{120'000};

// Whether other containers are in the container's machine.
enum class Machine { kOwn, kShared };

// A process that was ours to start, or nothing when it is gone.
UniqueFd hold(const ProcessMark& mark) {
  if (!still_runs(mark)) return {};
  auto pidfd = sys::pidfd_open(mark.pid);
  // Looked at again: the number may have passed on between the two calls.
  if (!pidfd || !still_runs(mark)) return {};
  return std::move(pidfd).value();
}

bool ends_within(const UniqueFd& pidfd, milliseconds time) {
  auto ended = sys::wait_for(pidfd.get(), POLLIN, time);
  return ended && *ended;
}

// Only a process of our own can be reaped; for the others this does nothing.
void reap(pid_t pid) { ::waitpid(pid, nullptr, WNOHANG); }

// What it says of a container that is still being created, in a machine that others are in as well, is waited for.
Result<TaskState> settled_state(ShimClient& shim, Machine machine) {
  constexpr milliseconds kInterval{100};
  auto deadline = std::chrono::steady_clock::now() + kWorkloadEnd;
  auto state = shim.state();
  while (machine == Machine::kShared && !state && state.error().is(Code::kFailedPrecondition) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kInterval);
    state = shim.state();
  }
  return state;
}

Result<> ask_shim_to_end(const Place& place, Machine machine) {
  auto shim = TRY(ShimClient::connect(place.socket(), place.id()));
  auto state = settled_state(*shim, machine);
  // What is still being created, or ending already, it takes back when it ends itself.
  bool part_way = !state && (state.error().is(Code::kNotFound) || state.error().is(Code::kFailedPrecondition));
  if (!state && !part_way) return state.error();
  if (state && state->status != Status::kStopped) {
    TRY(shim->kill({}, SIGKILL, true, machine == Machine::kOwn ? kWorkloadEnd : ShimClient::kGuestTimeout));
    TRY(shim->wait_stopped(kWorkloadEnd));
  }
  if (state) TRY(shim->remove({}));
  auto down = shim->shut_down(machine == Machine::kOwn ? ShimClient::Shutdown::kWithAllContainers
                                                       : ShimClient::Shutdown::kWhenEmpty);
  // It may well end before its answer is out.
  if (!down && !down.error().is(Code::kUnavailable)) return down;
  return {};
}

// The shim of the record; or, when the creator was killed before it could write down whom it had started, the one that
// listens. None: there is none.
Result<ProcessMark> find_shim(const Place& place, const Record& record) {
  if (record.shim.pid > 0) return record.shim;
  auto shim = ShimClient::connect(place.socket(), place.id());
  if (!shim) return ProcessMark{};
  return mark_process(TRY_WRAP((*shim)->pid(), "asking the shim who it is"));
}

Error silent(const ProcessMark& shim) {
  return Error::make(Code::kDeadlineExceeded, concat("the shim, process ", shim.pid, ", does not answer"))
      .hint("kill it, which ends all containers of its machine");
}

// True when it ended by itself, with everything cleaned up, or lives on for other containers; false when it is dead.
// That it lives on otherwise is an error.
Result<bool> end_shim(const Place& place, const ProcessMark& shim, Machine machine, ShimTalks talks) {
  auto pidfd = hold(shim);
  if (!pidfd) return false;
  auto asked = talks == ShimTalks::kMaybe ? ask_shim_to_end(place, machine) : Result<>(silent(shim));
  if (machine == Machine::kShared && (asked || still_runs(shim))) {
    TRY(asked);
    return true;
  }
  bool clean = asked.ok() && ends_within(pidfd, kShimEnd);
  if (!clean) {
    ignore(sys::pidfd_signal(pidfd.get(), SIGKILL));  // ESRCH: it went meanwhile
    if (!ends_within(pidfd, kKilledEnd)) {
      return Error::make(Code::kDeadlineExceeded, concat("the shim, process ", shim.pid, ", does not die of SIGKILL"))
          .hint("repeat the deletion when what /proc/PID/stack shows has ended");
    }
  }
  reap(shim.pid);
  return clean;
}

// An exec or the stand-in that begins or ends at this moment may still have made a file.
Result<> remove_place(const Place& place) {
  constexpr int kTries = 10;
  auto removed = sys::remove_tree(place.directory());
  for (int i = 1; i < kTries && !removed && removed.error().is_errno(ENOTEMPTY); ++i) {
    removed = sys::remove_tree(place.directory());
  }
  return removed;
}

Result<> run_delete_action(const Place& place, const Record& record) {
  auto shim_stderr = TRY(sys::open(place.shim_stderr(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  sys::Spawn spawn;
  spawn.argv = {task::shim_path(), "-namespace",      "oci",     "-id",         record.id,
                "-sandbox-id",     record.sandbox_id, "-bundle", record.bundle, "delete"};
  spawn.directory = sys::exists(record.bundle) ? record.bundle : "/";
  spawn.err = shim_stderr.get();
  auto child = TRY_WRAP(sys::spawn(spawn), "cleaning up after a dead shim");
  auto ended = TRY(sys::wait_child_for(child.pid, child.pidfd.get(), kDeleteAction));
  bool all_undone = !sys::exists(journal_path(run_directory(), record.sandbox_id));
  if (ended && ended->code == 0 && all_undone) return {};
  if (!ended) {
    ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
    ignore(sys::wait_child(child.pid));
  }
  std::string how = "could not undo all that the container has on the host";
  if (!ended) how = "did not end in time";
  if (ended && ended->code != 0) how = sys::describe(*ended);
  auto text = sys::read_regular_file(place.shim_stderr());
  return Error::make(Code::kInternal,
                     concat("cleaning up after a dead shim: its delete action ", how, text ? ": " + *text : ""))
      .hint("repeat the deletion when what holds it is gone");
}

// The last lines of a file, for an error message; one line, at most `limit` bytes.
std::string tail(const std::string& path, size_t limit) {
  auto text = sys::read_regular_file(path);
  if (!text || text->empty()) return {};
  std::string out = text->size() > limit ? "…" + text->substr(text->size() - limit) : *text;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  for (char& c : out) {
    if (c == '\n') c = ' ';
  }
  return out;
}

}  // namespace

Result<> tear_down(const Place& place, const Record& record, bool force, ShimTalks talks) {
  // The shim's end answers the stand-in's Wait, so it goes first.
  bool started = record.shim.pid > 0 || sys::exists(place.socket());
  auto machine = TRY(has_companions(place, record)) ? Machine::kShared : Machine::kOwn;
  bool clean = TRY(end_shim(place, TRY(find_shim(place, record)), machine, talks));
  Result<> cleaned;
  bool left = machine == Machine::kOwn && sys::exists(journal_path(run_directory(), record.sandbox_id));
  if ((!clean && started) || left) cleaned = run_delete_action(place, record);
  end_standin(record, force);
  // A resource that could not be undone keeps its record: `delete` can be repeated.
  TRY(cleaned);
  // What is removed next are whole trees: be sure whose.
  TRY(oci::check_id("container", place.id()));
  if (record.owns_bundle) TRY(sys::remove_tree(record.bundle));
  return remove_place(place);
}

void end_standin(const Record& record, bool force) {
  auto pidfd = hold(record.standin);
  if (!pidfd) return;
  if (!ends_within(pidfd, kStandinEnd) && force) {
    ignore(sys::pidfd_signal(pidfd.get(), SIGKILL));
    ends_within(pidfd, kKilledEnd);
  }
}

Error explain_shim(const Error& error, const Place& place, const Record& record) {
  constexpr size_t kQuoted = 2000;
  if (!error.is(Code::kUnavailable) && !error.is_errno(ECONNREFUSED)) return error;
  auto pidfd = hold(record.shim);
  if (pidfd && !ends_within(pidfd, milliseconds(500))) return error;
  std::string how = "ended";
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(record.shim.pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid != 0) {
    bool exited = info.si_code == CLD_EXITED;
    how = sys::describe({exited ? info.si_status : 128 + info.si_status, exited ? 0 : info.si_status, false});
  }
  auto last_words = tail(place.shim_stderr(), kQuoted);
  return Error::make(error.code(),
                     concat("the shim ", how, last_words.empty() ? "" : "; what it said last: ", last_words));
}

}  // namespace kata::cli
