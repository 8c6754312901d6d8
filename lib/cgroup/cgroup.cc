#include "lib/cgroup/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::cgroup {

namespace {

bool is_gone(const Error& error) { return error.is_errno(ENOENT) || error.is_errno(ENODEV); }

// One by one: an "all or nothing" write would fail for one controller that is busy elsewhere.
void enable_controllers(const std::string& directory) {
  auto available = sys::read_file(concat(directory, "/cgroup.controllers")).value_or(std::string());
  std::string word;
  for (char c : available + " ") {
    if (c != ' ' && c != '\n') {
      word += c;
      continue;
    }
    // What cannot be enabled is missed, and named, when a limit is set.
    if (!word.empty()) ignore(sys::write_control(concat(directory, "/cgroup.subtree_control"), "+" + word));
    word.clear();
  }
}

// Every directory from the root down to, but without, the last gives its controllers to the next.
Result<> make_path(const std::string& root, const std::string& path) {
  for (size_t at = 0; at != std::string::npos;) {
    enable_controllers(root + path.substr(0, at));
    at = path.find('/', at + 1);
    auto made = sys::make_directory(root + path.substr(0, at));
    if (!made && !made.error().is_errno(EEXIST)) return made;
  }
  return {};
}

std::vector<std::string> children_of(const std::string& directory) {
  std::vector<std::string> out;
  auto names = sys::list_directory(directory);
  if (!names) return out;
  for (const auto& name : *names) {
    auto child = concat(directory, "/", name);
    auto info = sys::lstat(child);
    if (info && S_ISDIR(info->st_mode)) out.push_back(child);
  }
  return out;
}

Result<> collect_pids(const std::string& directory, std::vector<pid_t>& out) {
  auto text = sys::read_file(directory + "/cgroup.procs");
  // A threaded group has no list of processes (EOPNOTSUPP); its domain above has them.
  if (!text) return is_gone(text.error()) || text.error().is_errno(EOPNOTSUPP) ? Result<>{} : Result<>{text.error()};
  for (const char* at = text->c_str(); *at != '\0';) {
    char* end = nullptr;
    auto pid = static_cast<pid_t>(std::strtol(at, &end, 10));
    if (end == at) break;
    if (pid > 0) out.push_back(pid);
    at = *end == '\n' ? end + 1 : end;
  }
  for (const auto& child : children_of(directory)) TRY(collect_pids(child, out));
  return {};
}

// Deepest first. EBUSY while a process is still on its way out.
Result<> remove_tree(const std::string& directory) {
  for (const auto& child : children_of(directory)) TRY(remove_tree(child));
  return sys::remove_directory(directory);
}

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
  auto directory = root + path;
  constexpr int kTries = 3;  // somebody may remove an empty parent meanwhile
  Result<> made;
  for (int i = 0; i < kTries; ++i) {
    made = make_path(root, path);
    if (made || !made.error().is_errno(ENOENT)) break;
  }
  TRY_WRAP(made, concat("making the cgroup ", path));
  Cgroup cgroup(root, directory);
  if (!TRY(cgroup.pids()).empty()) {
    return Error::make(Code::kAlreadyExists, concat("the cgroup ", path, " exists and has processes in it"));
  }
  return cgroup;
}

Result<std::vector<std::string>> Cgroup::apply(const Resources& resources) const {
  std::vector<std::string> warnings;
  for (const auto& setting : TRY(settings_of(resources))) {
    auto written = sys::write_control(concat(directory_, "/", setting.file), setting.text);
    if (written) continue;
    if (is_gone(written.error()) && sys::exists(directory_)) {
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

Result<std::vector<pid_t>> Cgroup::pids() const {
  std::vector<pid_t> out;
  TRY(collect_pids(directory_, out));
  return out;
}

Result<Stats> Cgroup::stats() const {
  if (!sys::exists(directory_)) return Error::sys(ENOENT, "read statistics of", directory_);
  return read_stats(directory_);
}

Result<> Cgroup::remove(std::chrono::milliseconds timeout) const {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  auto removed = remove_tree(directory_);
  while (!removed && removed.error().is_errno(EBUSY) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    removed = remove_tree(directory_);
  }
  TRY(removed);
  // Parents that others use are not empty, and stay.
  for (auto parent = directory_.substr(0, directory_.rfind('/')); parent.size() > root_.size();
       parent = parent.substr(0, parent.rfind('/'))) {
    if (::rmdir(parent.c_str()) < 0) break;
  }
  return {};
}

}  // namespace kata::cgroup
