#include "shim/priority.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>

#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::shim {

namespace {

constexpr char kOomScore[] = "/proc/self/oom_score_adj";

void set_oom_score() {
  auto inherited = sys::read_file(kOomScore, 64);
  if (!inherited) return;
  auto set = sys::write_control(kOomScore, std::to_string(oom_score_beside(*inherited)));
  if (!set) log::debug("shim", "cannot set the OOM score", {{"error", set.error().message()}});
}

void set_core_cookie() {
  const char* wanted = std::getenv("SCHED_CORE");
  if (wanted == nullptr || *wanted == '\0') return;
  if (::prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) == 0) return;
  log::warning("shim", "core scheduling was asked for (SCHED_CORE), and the host refuses it",
               {{"error", Error::sys(errno, "prctl", "PR_SCHED_CORE").message()},
                {"hint", "use a kernel with CONFIG_SCHED_CORE, on processors with more than one thread in a core"}});
}

}  // namespace

int oom_score_beside(std::string_view parents) {
  constexpr int kMost = 1000;
  int score = 0;
  std::from_chars(parents.data(), parents.data() + parents.size(), score);
  return std::min(score + 1, kMost);
}

void set_priority() {
  set_oom_score();
  set_core_cookie();
}

}  // namespace kata::shim
