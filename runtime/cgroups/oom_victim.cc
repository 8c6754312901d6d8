#include "runtime/cgroups/oom_victim.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/cgroup/stats.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"

namespace kata::cgroups {

namespace {

constexpr size_t kMib = 1 << 20;
// What the others in the group may take meanwhile.
constexpr uint64_t kSpare = 32 * kMib;
// The victim's most: the kernel takes caches from the group before it kills.
constexpr size_t kMost = 256 * kMib;
constexpr std::chrono::seconds kPatience{5};

struct Files {
  const char* usage;
  const char* limit;
  const char* swapping;  // 0: nothing of the group is swapped out instead
};
constexpr Files kVersion1{"memory.usage_in_bytes", "memory.limit_in_bytes", "memory.swappiness"};
constexpr Files kVersion2{"memory.current", "memory.max", "memory.swap.max"};

// Files of a group that have other texts while this lives.
class Borrowed {
 public:
  Borrowed() = default;
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() {
    for (auto file = before_.rbegin(); file != before_.rend(); ++file) {
      auto back = sys::write_control(file->first, file->second);
      if (!back) log::error("cgroups", "a limit is not put back", {{"error", back.error().message()}});
    }
  }
  Result<> set(const std::string& path, const std::string& text) {
    auto before = TRY(sys::read_file(path, 64));
    before_.emplace_back(path, before.substr(0, before.find('\n')));
    return sys::write_control(path, text);
  }

 private:
  std::vector<std::pair<std::string, std::string>> before_;
};

// A child of a program with threads: it calls the kernel only.
[[noreturn]] void outgrow(int go) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "kata-oom");
  char byte = 0;
  if (::dup2(go, 0) != 0) ::_exit(1);
  ::syscall(SYS_close_range, 1U, ~0U, 0U);  // no stream of anybody's stays open for it
  if (::syscall(SYS_read, 0, &byte, 1) != 1) ::_exit(1);
  for (size_t held = 0; held < kMost; held += kMib) {
    void* more = ::mmap(nullptr, kMib, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED) break;
    std::memset(more, 1, kMib);
  }
  ::_exit(1);
}

class Victim {
 public:
  static Result<Victim> start() {
    auto ends = TRY(sys::pipe());
    auto pid = ::fork();
    if (pid < 0) return Error::sys(errno, "make a process");
    if (pid == 0) outgrow(ends.read.get());
    return Victim(pid, std::move(ends.write));
  }
  Victim(Victim&& other) noexcept : pid_(std::exchange(other.pid_, 0)), go_(std::move(other.go_)) {}
  Victim& operator=(Victim&&) = delete;
  ~Victim() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ignore(sys::wait_child(pid_));
  }

  Result<> enter(const std::string& directory) const {
    TRY(sys::write_control(concat("/proc/", pid_, "/oom_score_adj"), "1000"));
    return sys::write_control(directory + "/cgroup.procs", std::to_string(pid_));
  }

  Result<> die() {
    auto pidfd = TRY(sys::pidfd_open(pid_));
    if (::write(go_.get(), "g", 1) != 1) return Error::sys(errno, "wake it");
    auto end = TRY(sys::wait_child_for(pid_, pidfd.get(), kPatience));
    if (!end) return Error::make(Code::kDeadlineExceeded, "the kernel did not kill it in time");
    pid_ = 0;
    if (end->signal != SIGKILL) {
      return Error::make(Code::kInternal, concat("no limit stopped it: it ", sys::describe(*end)));
    }
    return {};
  }

 private:
  Victim(pid_t pid, UniqueFd go) : pid_(pid), go_(std::move(go)) {}
  pid_t pid_;
  UniqueFd go_;
};

}  // namespace

Result<> count_oom_kill(const std::string& directory, int version) {
  const auto& files = version == 2 ? kVersion2 : kVersion1;
  auto victim = TRY(Victim::start());
  TRY(victim.enter(directory));
  auto used = cgroup::parse_value(TRY(sys::read_file(concat(directory, "/", files.usage), 64)));
  auto limit = concat(directory, "/", files.limit);
  Borrowed borrowed;
  ignore(borrowed.set(concat(directory, "/", files.swapping), "0"));  // a kernel may count no swap
  if (cgroup::parse_value(TRY(sys::read_file(limit, 64))) > used + kSpare) {
    TRY(borrowed.set(limit, std::to_string(used + kSpare)));
  }
  return victim.die();
}

}  // namespace kata::cgroups
