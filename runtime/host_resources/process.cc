#include "runtime/host_resources/process.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/fd.h"
#include "lib/sys/process.h"
#include "runtime/journal/payload.h"

namespace kata::host {

namespace {

// How long a killed process may take to go: one in uninterruptible sleep ends when its I/O does.
constexpr std::chrono::seconds kEndOfProcess{10};

struct Process {
  pid_t pid = 0;
  uint64_t start_time = 0;
};

std::optional<Process> parse(std::string_view payload) {
  auto pid = journal::parse_number<pid_t>(take(payload, ' '));
  auto start = journal::parse_number<uint64_t>(take(payload, ' '));
  if (!pid || !start || *pid <= 1 || !payload.empty()) return {};
  return Process{*pid, *start};
}

bool is_valid_process(std::string_view payload, const journal::Roots& /*roots*/) { return parse(payload).has_value(); }

bool runs(const Process& process) { return sys::still_runs(process.pid, process.start_time); }

Result<> undo_process(std::string_view payload) {
  auto process = parse(payload);
  if (!process || process->pid == ::getpid() || !runs(*process)) return {};
  auto pidfd = sys::pidfd_open(process->pid);
  // Asked again after the descriptor holds the process: now the number cannot change hands.
  if (!pidfd || !runs(*process)) return {};
  auto sent = sys::pidfd_signal(pidfd->get(), SIGKILL);
  if (!sent && !sent.error().is_errno(ESRCH)) return sent.error();
  if (TRY(sys::wait_for(pidfd->get(), POLLIN, kEndOfProcess))) return {};
  return Error::make(Code::kDeadlineExceeded, concat("process ", process->pid, " does not end after SIGKILL"));
}

}  // namespace

constexpr journal::Kind kProcess{.name = "process", .is_valid = is_valid_process, .undo = undo_process, .runs = true};

Result<uint64_t> record_process(journal::Journal& journal, pid_t pid) {
  return journal.add(kProcess, concat(pid, " ", TRY(sys::process_start_time(pid))));
}

}  // namespace kata::host
