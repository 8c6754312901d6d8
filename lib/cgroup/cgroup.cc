#include "lib/cgroup/cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/cgroup/tree.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::cgroup {

namespace {

// "0::/kata/c1/init" of /proc/<pid>/cgroup.
std::string unified_path_of(pid_t pid) {
  auto text = sys::read_file(concat("/proc/", pid, "/cgroup")).value_or(std::string());
  auto at = text.rfind("0::");
  if (at == std::string::npos) return {};
  auto end = text.find('\n', at);
  return text.substr(at + 3, end == std::string::npos ? end : end - at - 3);
}

}  // namespace

Result<Cgroup> Cgroup::create(const std::string& root, const std::string& path) {
  TRY(make_path(root, path));
  Cgroup cgroup(root, root + path);
  if (!TRY(cgroup.pids()).empty()) {
    return Error::make(Code::kAlreadyExists, concat("the cgroup ", path, " exists and has processes in it"));
  }
  return cgroup;
}

Result<> Cgroup::check_memory(int64_t limit) const {
  auto used = stats().value_or(Stats{}).memory_current;
  if (limit <= 0 || used <= static_cast<uint64_t>(limit)) return {};
  return Error::make(Code::kFailedPrecondition, concat("the memory limit of ", limit, " bytes is below the ", used,
                                                       " bytes that are in use, and checkBeforeUpdate is set"));
}

Result<> Cgroup::check_no_kill(int64_t limit) const {
  if (limit <= 0) return {};
  auto fields = stats().value_or(Stats{}).memory;
  auto stays = fields["anon"] + fields["shmem"] + fields["kernel_stack"] + fields["slab_unreclaimable"];
  if (stays <= static_cast<uint64_t>(limit)) return {};
  return Error::make(Code::kFailedPrecondition,
                     concat("the memory limit of ", limit, " bytes is below the ", stays,
                            " bytes that cannot be taken from the container: the OOM killer would end it"))
      .hint("set a larger limit, or stop what uses the memory first");
}

Result<std::vector<std::string>> Cgroup::apply(const Resources& resources) const {
  if (resources.check_memory) TRY(check_memory(resources.memory_limit));
  std::vector<std::string> warnings;
  for (const auto& setting : TRY(settings_of(resources))) {
    auto written = sys::write_control(concat(directory_, "/", setting.file), setting.text);
    if (written) continue;
    if (is_gone(written.error()) && sys::exists(directory_)) {
      // No huge pages of a size that this kernel does not have: so it is already. Engines forbid all that the host has.
      if (setting.file.starts_with("hugetlb.") && setting.text == "0") continue;
      warnings.push_back(
          concat(setting.file, " is not available in this kernel; \"", setting.text, "\" is not applied"));
    } else if (!setting.essential) {
      warnings.push_back(written.error().message());
    } else {
      return written.error();
    }
  }
  return warnings;
}

Result<> Cgroup::give_to(uid_t owner) const {
  // Which files those are the kernel says; the limits are not among them.
  auto names = TRY(sys::read_file("/sys/kernel/cgroup/delegate"));
  for (size_t at = 0; at < names.size();) {
    auto end = std::min(names.find('\n', at), names.size());
    auto path = concat(directory_, "/", names.substr(at, end - at));
    if (::chown(path.c_str(), owner, static_cast<gid_t>(-1)) < 0 && errno != ENOENT) {
      return Error::sys(errno, "change the owner of", path);
    }
    at = end + 1;
  }
  if (::chown(directory_.c_str(), owner, static_cast<gid_t>(-1)) < 0) {
    return Error::sys(errno, "change the owner of", directory_);
  }
  return {};
}

Result<UniqueFd> Cgroup::open_entrance(pid_t companion) const {
  auto directory = directory_;
  auto delegated = sys::read_file(directory_ + "/cgroup.subtree_control").value_or(std::string());
  if (companion > 0 && delegated.size() > 1) {
    auto other = root_ + unified_path_of(companion);
    if (other.starts_with(directory_ + "/")) directory = other;
  }
  return sys::open(directory + "/cgroup.procs", O_WRONLY);
}

Result<> Cgroup::freeze(std::chrono::milliseconds timeout) const {
  TRY(sys::write_control(directory_ + "/cgroup.freeze", "1"));
  auto events = TRY(sys::open(directory_ + "/cgroup.events", O_RDONLY));
  auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    auto now = parse_flat(TRY(sys::read_to_end(events.get(), sys::kSmallFile)));
    if (now["frozen"] == 1) return {};
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    TRY(sys::wait_for(events.get(), POLLPRI, left));
    if (::lseek(events.get(), 0, SEEK_SET) < 0) return Error::sys(errno, "seek", directory_ + "/cgroup.events");
  }
  ignore(thaw());
  return Error::make(Code::kDeadlineExceeded, concat("the processes of ", directory_, " did not stop in time"));
}

Result<> Cgroup::thaw() const { return sys::write_control(directory_ + "/cgroup.freeze", "0"); }

Result<> Cgroup::kill() const {
  auto killed = sys::write_control(directory_ + "/cgroup.kill", "1");
  if (killed) return {};
  if (!sys::exists(directory_)) return {};
  if (!is_gone(killed.error())) return killed;
  return signal(SIGKILL);  // a kernel before 5.14
}

Result<> Cgroup::signal(int signal) const {
  for (auto pid : TRY(pids())) {
    auto sent = sys::kill(pid, signal);
    if (!sent && !sent.error().is_errno(ESRCH)) return sent;
  }
  return {};
}

Result<std::vector<pid_t>> Cgroup::pids() const { return processes_in(directory_); }

Result<Stats> Cgroup::stats() const {
  if (!sys::exists(directory_)) return Error::sys(ENOENT, "read statistics of", directory_);
  return read_stats(directory_);
}

Result<> Cgroup::remove(std::chrono::milliseconds timeout) const {
  TRY(remove_group(directory_, timeout));
  // Parents that others use are not empty, and stay.
  for (auto parent = directory_.substr(0, directory_.rfind('/')); parent.size() > root_.size();
       parent = parent.substr(0, parent.rfind('/'))) {
    if (::rmdir(parent.c_str()) < 0) break;
  }
  return {};
}

}  // namespace kata::cgroup
