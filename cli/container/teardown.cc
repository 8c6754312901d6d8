#include "cli/container/teardown.h"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "cli/container/shim_client.h"
#include "lib/base/concat.h"
#include "lib/oci/id.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
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

Result<> ask_shim_to_end(const Place& place) {
  auto shim = TRY(ShimClient::connect(place.socket(), place.id()));
  auto state = shim->state();
  if (!state && !state.error().is(Code::kNotFound)) return state.error();
  if (state && state->status != Status::kStopped) {
    TRY(shim->kill({}, SIGKILL, true));
    TRY(shim->wait_stopped(kWorkloadEnd));
  }
  auto removed = shim->remove({});
  if (!removed && !removed.error().is(Code::kNotFound)) return removed;
  auto down = shim->shut_down();
  // It may well end before its answer is out.
  if (!down && !down.error().is(Code::kUnavailable)) return down;
  return {};
}

// True when the shim ended by itself, with everything cleaned up.
bool end_shim(const Place& place, const Record& record) {
  auto pidfd = hold(record.shim);
  if (!pidfd) return false;
  bool clean = ask_shim_to_end(place).ok() && ends_within(pidfd, kShimEnd);
  if (!clean) {
    ignore(sys::pidfd_signal(pidfd.get(), SIGKILL));  // ESRCH: it went meanwhile
    ends_within(pidfd, kKilledEnd);
  }
  reap(record.shim.pid);
  return clean;
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
  if (ended && ended->code == 0) return {};
  if (!ended) {
    ignore(sys::pidfd_signal(child.pidfd.get(), SIGKILL));
    ignore(sys::wait_child(child.pid));
  }
  auto how = ended ? sys::describe(*ended) : std::string("did not end in time");
  auto text = sys::read_file(place.shim_stderr());
  return Error::make(Code::kInternal,
                     concat("cleaning up after a dead shim: its delete action ", how, text ? ": " + *text : ""));
}

void end_standin(const Record& record, bool force) {
  auto pidfd = hold(record.standin);
  if (!pidfd) return;
  if (!ends_within(pidfd, kStandinEnd) && force) {
    ignore(sys::pidfd_signal(pidfd.get(), SIGKILL));
    ends_within(pidfd, kKilledEnd);
  }
}

// The last lines of a file, for an error message; one line, at most `limit` bytes.
std::string tail(const std::string& path, size_t limit) {
  auto text = sys::read_file(path);
  if (!text || text->empty()) return {};
  std::string out = text->size() > limit ? "…" + text->substr(text->size() - limit) : *text;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  for (char& c : out) {
    if (c == '\n') c = ' ';
  }
  return out;
}

}  // namespace

Result<> tear_down(const Place& place, const Record& record, bool force) {
  // The shim's end answers the stand-in's Wait, so it goes first.
  bool clean = end_shim(place, record);
  bool started = record.shim.pid > 0 || sys::exists(place.socket());
  Result<> cleaned;
  if (!clean && started) cleaned = run_delete_action(place, record);
  end_standin(record, force);
  // A resource that could not be undone keeps its record: `delete` can be repeated.
  TRY(cleaned);
  // What is removed next are whole trees: be sure whose.
  TRY(oci::check_id("container", place.id()));
  if (record.owns_bundle) TRY(sys::remove_tree(record.bundle));
  return sys::remove_tree(place.directory());
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
  return Error::make(error.code(), concat("the shim ", how, last_words.empty() ? "" : ": ", last_words));
}

}  // namespace kata::cli
