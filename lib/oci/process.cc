// https://github.com/opencontainers/runtime-spec/blob/main/config.md#process
#include <set>

#include "lib/oci/fields.h"

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
  check(w, m);
}

}  // namespace kata::oci
