// https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
#include "lib/oci/fields.h"

namespace kata::oci {

void describe(Walker& w, grpc::LinuxSeccompArg& m) {
  FIELD("index", index, Presence::kAlways);
  FIELD("value", value, Presence::kAlways);
  FIELD("valueTwo", valuetwo);
  FIELD("op", op, Presence::kAlways);
  if (m.index() > 5) w.fail("index", "must not be above 5: a system call has six arguments");
  if (!m.op().starts_with("SCMP_CMP_")) w.fail("op", "must be an operator such as SCMP_CMP_EQ");
}

void describe(Walker& w, grpc::LinuxSyscall& m) {
  VALUES("names", names);
  FIELD("action", action, Presence::kAlways);
  FIELD("errnoRet", errnoret);
  MESSAGES("args", args);
  if (m.names().empty()) w.fail("names", "must hold at least one system call");
  if (!m.action().starts_with("SCMP_ACT_")) w.fail("action", "must be an action such as SCMP_ACT_ALLOW");
}

void describe(Walker& w, grpc::LinuxSeccomp& m) {
  FIELD("defaultAction", defaultaction, Presence::kAlways);
  if (w.reading()) m.set_has_default_errno_ret(w.has("defaultErrnoRet"));
  FIELD("defaultErrnoRet", default_errno_ret, m.has_default_errno_ret() ? Presence::kAlways : Presence::kWhenSet);
  VALUES("architectures", architectures);
  VALUES("flags", flags);
  MESSAGES("syscalls", syscalls);
  for (const char* key : {"listenerPath", "listenerMetadata"})
    w.no_effect(key, "a guest reaches no listener on the host");
  if (!m.defaultaction().starts_with("SCMP_ACT_")) {
    w.fail("defaultAction", "must be an action such as SCMP_ACT_ERRNO");
  }
}

}  // namespace kata::oci
