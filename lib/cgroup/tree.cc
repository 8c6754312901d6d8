#include "lib/cgroup/tree.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <charconv>
#include <thread>

#include "lib/base/concat.h"
#include "lib/base/split.h"
#include "lib/sys/file.h"

namespace kata::cgroup {

namespace {

constexpr int kTries = 3;  // somebody may remove an empty parent meanwhile

// One by one: an "all or nothing" write would fail for one controller that is busy elsewhere.
void give_controllers(const std::string& parent, const std::string& /*directory*/) {
  auto available = sys::read_file(concat(parent, "/cgroup.controllers")).value_or(std::string());
  for (auto word : split(available, " \n")) {
    // What cannot be enabled is missed, and named, when a limit is set.
    ignore(sys::write_control(concat(parent, "/cgroup.subtree_control"), concat("+", word)));
  }
}

// A cpuset of version 1 starts empty, and an empty one takes nobody.
void fill_cpuset(const std::string& parent, const std::string& directory) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    auto own = sys::read_file(directory + file, 4096);
    if (!own || own->size() > 1) continue;
    // What cannot be filled is said by the process that cannot enter.
    if (auto above = sys::read_file(parent + file, 4096)) ignore(sys::write_control(directory + file, *above));
  }
}

// What a directory that has just been made needs from the one above it.
using Prepare = void (*)(const std::string& parent, const std::string& directory);

Result<> walk(const std::string& root, const std::string& path, Prepare prepare) {
  for (size_t at = 0; at != std::string::npos;) {
    auto parent = root + path.substr(0, at);
    at = path.find('/', at + 1);
    auto directory = root + path.substr(0, at);
    auto made = sys::make_directory(directory);
    if (!made && !made.error().is_errno(EEXIST)) return made;
    if (prepare != nullptr) prepare(parent, directory);
  }
  return {};
}

Result<> walk_patiently(const std::string& root, const std::string& path, Prepare prepare) {
  Result<> made;
  for (int i = 0; i < kTries; ++i) {
    made = walk(root, path, prepare);
    if (made || !made.error().is_errno(ENOENT)) break;
  }
  return std::move(made).wrap(concat("making the cgroup ", path));
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
  for (auto line : split(*text, "\n")) {
    pid_t pid = 0;  // stays so for a process that this PID namespace does not see
    (void)std::from_chars(line.data(), line.data() + line.size(), pid);
    if (pid > 0) out.push_back(pid);
  }
  for (const auto& child : children_of(directory)) TRY(collect_pids(child, out));
  return {};
}

// Deepest first. EBUSY while a process is still on its way out.
Result<> remove_tree(const std::string& directory) {
  for (const auto& child : children_of(directory)) TRY(remove_tree(child));
  return sys::remove_directory(directory);
}

}  // namespace

bool is_gone(const Error& error) { return error.is_errno(ENOENT) || error.is_errno(ENODEV); }

unsigned missing_parts(const std::string& root, const std::string& path) {
  unsigned missing = 0;
  for (size_t at = path.size(); at > 0 && at != std::string::npos; at = path.rfind('/', at - 1)) {
    if (sys::exists(root + path.substr(0, at))) break;
    ++missing;
    if (at == 1) break;
  }
  return missing;
}

Result<> make_path(const std::string& root, const std::string& path) {
  return walk_patiently(root, path, give_controllers);
}

Result<> make_path_v1(const std::string& root, const std::string& path, bool has_cpuset) {
  return walk_patiently(root, path, has_cpuset ? fill_cpuset : nullptr);
}

Result<std::vector<pid_t>> processes_in(const std::string& directory) {
  std::vector<pid_t> out;
  TRY(collect_pids(directory, out));
  return out;
}

Result<> remove_group(const std::string& directory, std::chrono::milliseconds timeout) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  auto removed = remove_tree(directory);
  while (!removed && removed.error().is_errno(EBUSY) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    removed = remove_tree(directory);
  }
  return removed;
}

bool is_group(const std::string& directory) {
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) return false;
  return info.f_type == CGROUP_SUPER_MAGIC || info.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace kata::cgroup
