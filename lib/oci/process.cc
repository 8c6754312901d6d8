// https://github.com/opencontainers/runtime-spec/blob/main/config.md#process
#include <set>

#include "lib/oci/fields.h"
#include "lib/oci/scheduling.h"

namespace kata::oci {

void describe(Walker& w, grpc::Box& m) {
  FIELD("height", height, Presence::kAlways);
  FIELD("width", width, Presence::kAlways);
}

void describe(Walker& w, grpc::User& m) {
  FIELD("uid", uid, Presence::kAlways);
  FIELD("gid", gid, Presence::kAlways);
  // Octal 022 is a value that means something else than no umask at all, and so is 0.
  FIELD("umask", umask, m.has_umask() ? Presence::kAlways : Presence::kWhenSet);
  if (m.umask() > 0777) w.fail("umask", "must not be above 511 (octal 0777)");
  VALUES("additionalGids", additionalgids);
  FIELD("username", username);
  w.no_effect("username", "of another platform");
}

void describe(Walker& w, grpc::LinuxCapabilities& m) {
  VALUES("bounding", bounding);
  VALUES("effective", effective);
  VALUES("inheritable", inheritable);
  VALUES("permitted", permitted);
  VALUES("ambient", ambient);
}

void describe(Walker& w, grpc::POSIXRlimit& m) {
  FIELD("type", type, Presence::kAlways);
  FIELD("hard", hard, Presence::kAlways);
  FIELD("soft", soft, Presence::kAlways);
  if (!m.type().starts_with("RLIMIT_")) w.fail("type", "must be the name of a limit such as RLIMIT_NOFILE");
  if (m.soft() > m.hard()) w.fail("soft", "must not be above the hard limit");
}

void describe(Walker& w, grpc::LinuxScheduler& m) {
  constexpr int kLowestNice = -20;
  constexpr int kHighestNice = 19;
  FIELD("policy", policy, Presence::kAlways);
  FIELD("nice", nice);
  FIELD("priority", priority);
  VALUES("flags", flags);
  FIELD("runtime", runtime);
  FIELD("deadline", deadline);
  FIELD("period", period);
  if (!scheduler_policy(m.policy())) w.fail("policy", "must be a policy such as SCHED_OTHER");
  if (m.nice() < kLowestNice || m.nice() > kHighestNice) w.fail("nice", "must be from -20 to 19");
  bool realtime = m.policy() == "SCHED_FIFO" || m.policy() == "SCHED_RR";
  if (m.priority() != 0 && !realtime) w.fail("priority", "is of SCHED_FIFO and SCHED_RR only");
  bool times = m.runtime() != 0 || m.deadline() != 0 || m.period() != 0;
  if (times && m.policy() != "SCHED_DEADLINE") w.fail("runtime", "is of SCHED_DEADLINE only, as deadline and period");
  for (const auto& flag : m.flags()) {
    if (!scheduler_flag(flag)) w.fail("flags", "must be flags such as SCHED_FLAG_RESET_ON_FORK");
  }
}

void describe(Walker& w, grpc::LinuxIOPriority& m) {
  constexpr int kLowestPriority = 7;
  FIELD("class", io_class, Presence::kAlways);
  FIELD("priority", priority, Presence::kAlways);
  if (!io_class(m.io_class())) w.fail("class", "must be a class such as IOPRIO_CLASS_BE");
  if (m.priority() < 0 || m.priority() > kLowestPriority) w.fail("priority", "must be from 0 to 7");
}

namespace {

void check(Walker& w, const grpc::Process& m) {
  if (m.args().empty() || m.args(0).empty()) w.fail("args", "must hold the program to run");
  if (!m.cwd().starts_with('/')) w.fail("cwd", "must be an absolute path");
  if (m.oomscoreadj() < -1000 || m.oomscoreadj() > 1000) w.fail("oomScoreAdj", "must be from -1000 to 1000");
  std::set<std::string_view> seen;
  for (const auto& limit : m.rlimits()) {
    if (!seen.insert(limit.type()).second) w.fail("rlimits", concat("holds ", limit.type(), " twice"));
  }
}

}  // namespace

void describe(Walker& w, grpc::Process& m) {
  FIELD("terminal", terminal);
  MESSAGE("consoleSize", consolesize);
  MESSAGE("user", user);
  VALUES("args", args);
  VALUES("env", env);
  FIELD("cwd", cwd, Presence::kAlways);
  MESSAGE("capabilities", capabilities);
  MESSAGES("rlimits", rlimits);
  FIELD("noNewPrivileges", nonewprivileges);
  FIELD("apparmorProfile", apparmorprofile);
  FIELD("oomScoreAdj", oomscoreadj);
  FIELD("selinuxLabel", selinuxlabel);
  MESSAGE("scheduler", scheduler);
  MESSAGE("ioPriority", io_priority);
  w.no_effect("apparmorProfile", "the guest has no AppArmor profiles");
  w.no_effect("selinuxLabel", kNoSelinux);
  w.no_effect("execCPUAffinity", "its numbers are those of the host's processors");
  w.no_effect("commandLine", "of another platform");
  check(w, m);
}

}  // namespace kata::oci
