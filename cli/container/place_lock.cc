#include "cli/container/place_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>

#include "cli/container/record.h"
#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/inotify.h"
#include "lib/sys/process.h"

namespace kata::cli {

namespace {

constexpr mode_t kPrivate = 0700;
// What a creator that was asked to end may take: without KVM it undoes a machine that is slow to let go.
constexpr std::chrono::seconds kBreakOffTime{60};

std::string file_of(const std::string& directory) { return directory + "/create.lock"; }

// While a new place has no lock yet nobody looks for one: its maker holds the root meanwhile, for microseconds.
Result<UniqueFd> hold_root(const std::string& root) {
  auto fd = TRY(sys::open(root, O_RDONLY | O_DIRECTORY));
  TRY(sys::lock_file(fd.get(), root));
  return fd;
}

// The creator, as it wrote itself down; no pid when it has finished.
ProcessMark creator_of(const std::string& path) {
  ProcessMark out;
  auto text = sys::read_regular_file(path).value_or("");
  auto space = text.find(' ');
  if (space == std::string::npos) return out;
  std::from_chars(text.data(), text.data() + space, out.pid);
  std::from_chars(text.data() + space + 1, text.data() + text.size(), out.start_time);
  return out;
}

Result<UniqueFd> make_lock(const std::string& path) {
  auto fd = TRY(sys::open(path, O_RDWR | O_CREAT, 0600));
  if (!TRY(sys::try_lock_file(fd.get(), path))) {
    return Error::make(Code::kUnavailable, concat("somebody else holds ", path));
  }
  auto self = TRY(mark_process(::getpid()));
  TRY(sys::write_all(fd.get(), concat(self.pid, " ", self.start_time)));
  return fd;
}

// Only a creator has the file open for writing, so that its close is the creator's end, or that of its creation.
Result<> break_off(const ProcessMark& creator, int inotify) {
  auto pidfd = sys::pidfd_open(creator.pid);
  if (!pidfd || !still_runs(creator)) return {};
  ignore(sys::pidfd_signal(pidfd->get(), SIGTERM));  // ESRCH: it ended meanwhile
  auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(kBreakOffTime);
  if (!TRY(sys::wait_for(inotify, POLLIN, milliseconds))) ignore(sys::pidfd_signal(pidfd->get(), SIGKILL));
  return {};
}

Error under_way(const std::string& directory) {
  auto id = directory.substr(directory.rfind('/') + 1);
  return Error::make(Code::kFailedPrecondition,
                     concat("cannot delete container \"", id, "\" that is not stopped: creating"))
      .hint("run kata-runtime delete --force to break its creation off");
}

}  // namespace

Result<PlaceLock> PlaceLock::make_and_hold(const std::string& root, const std::string& directory) {
  auto held = TRY(hold_root(root));
  TRY(sys::make_directory(directory, kPrivate));
  auto made = make_lock(file_of(directory));
  if (made) return PlaceLock(std::move(made).value());
  ignore(sys::remove_tree(directory));  // the first error is the one to tell
  return made.error();
}

Result<PlaceLock> PlaceLock::hold(const std::string& root, const std::string& directory, Creation creation) {
  auto path = file_of(directory);
  auto held = TRY(hold_root(root));
  auto fd = sys::open(path, O_RDONLY | O_CREAT, 0600);
  held.reset();
  if (!fd && fd.error().is_errno(ENOENT)) return PlaceLock();
  if (!fd) return fd.error();
  auto inotify = TRY(sys::inotify());
  auto watched = sys::watch_path(inotify.get(), path, IN_CLOSE_WRITE);  // before the first look
  if (!TRY(sys::try_lock_file(fd->get(), path))) {
    auto creator = creator_of(path);
    bool creating = still_runs(creator);
    if (creating && creation == Creation::kRespect) return under_way(directory);
    if (creating && watched) TRY(break_off(creator, inotify.get()));
    // Whoever has it is on its way out.
    TRY(sys::lock_file(fd->get(), path));
  }
  if (TRY(sys::stat(fd->get(), path)).st_nlink == 0) return PlaceLock();
  return PlaceLock(std::move(fd).value());
}

void PlaceLock::release() {
  // A name that stays is that of a creation that has ended: it no longer has the lock.
  [[maybe_unused]] int emptied = fd_ ? ::ftruncate(fd_.get(), 0) : 0;
  fd_.reset();
}

bool being_created(const std::string& root, const std::string& directory) {
  auto held = hold_root(root);
  auto path = file_of(directory);
  auto fd = sys::open(path, O_RDONLY);
  return fd && !sys::try_lock_file(fd->get(), path).value_or(true) && still_runs(creator_of(path));
}

}  // namespace kata::cli
