// https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md
#include <set>

#include "lib/oci/fields.h"
#include "lib/oci/scheduling.h"

namespace kata::oci {

void describe(Walker& w, grpc::LinuxIDMapping& m) {
  FIELD("containerID", containerid, Presence::kAlways);
  FIELD("hostID", hostid, Presence::kAlways);
  FIELD("size", size, Presence::kAlways);
}

void describe(Walker& w, grpc::LinuxNamespace& m) {
  FIELD("type", type, Presence::kAlways);
  FIELD("path", path);
  if (m.type().empty()) w.fail("type", "is missing");
  if (!m.path().empty() && !m.path().starts_with('/')) w.fail("path", "must be an absolute path");
}

void describe(Walker& w, grpc::LinuxDevice& m) {
  FIELD("path", path, Presence::kAlways);
  FIELD("type", type, Presence::kAlways);
  FIELD("major", major, m.type() == "p" ? Presence::kWhenSet : Presence::kAlways);
  FIELD("minor", minor, m.type() == "p" ? Presence::kWhenSet : Presence::kAlways);
  FIELD("fileMode", filemode);
  // No mode at all means a default; the type's bits, which may be in a mode, tell a mode of 0 from that.
  constexpr uint32_t kCharacterDevice = 0020000;
  if (w.has("fileMode") && m.filemode() == 0) m.set_filemode(kCharacterDevice);
  FIELD("uid", uid);
  FIELD("gid", gid);
  if (!m.path().starts_with('/')) w.fail("path", "must be an absolute path");
  if (m.type().size() != 1 || std::string_view("cbup").find(m.type()) == std::string_view::npos) {
    w.fail("type", "must be c, b, u or p");
  }
}

void describe(Walker& w, grpc::LinuxIntelRdt& m) {
  FIELD("l3CacheSchema", l3cacheschema);
  for (const char* key :
       {"closID", "l3CacheSchema", "memBwSchema", "schemata", "enableCMT", "enableMBM", "enableMonitoring"}) {
    w.no_effect(key, "the host's caches and memory bandwidth are not shared out among guests");
  }
}

void describe(Walker& w, grpc::LinuxPersonality& m) {
  FIELD("domain", domain, Presence::kAlways);
  w.no_effect("flags", "the specification has none yet");
  if (!personality_of(m.domain())) w.fail("domain", "must be LINUX or LINUX32");
}

void describe(Walker& w, grpc::LinuxTimeOffset& m) {
  constexpr uint32_t kSecond = 1000000000;
  FIELD("secs", secs);
  FIELD("nanosecs", nanosecs);
  if (m.nanosecs() >= kSecond) w.fail("nanosecs", "must be below 1000000000");
}

void describe(Walker& w, grpc::LinuxMemoryPolicy& m) {
  FIELD("mode", mode, Presence::kAlways);
  FIELD("nodes", nodes);
  VALUES("flags", flags);
  if (!memory_mode(m.mode())) w.fail("mode", "must be a mode such as MPOL_BIND");
  if (auto nodes = parse_nodes(m.nodes()); !nodes) w.fail("nodes", nodes.error().message());
  for (const auto& flag : m.flags()) {
    if (!memory_flag(flag)) w.fail("flags", "must be flags such as MPOL_F_STATIC_NODES");
  }
}

namespace {

void check_namespaces(Walker& w, const grpc::Linux& m, const std::set<std::string_view>& asked) {
  bool mapped = !m.uidmappings().empty() || !m.gidmappings().empty();
  if (mapped && !asked.contains("user")) w.fail("uidMappings", "needs a namespace of the type user");
  for (const auto& name_space : m.namespaces()) {
    bool unmapped = name_space.type() == "user" && name_space.path().empty() && m.uidmappings().empty();
    if (unmapped) w.fail("uidMappings", "must be given with a new user namespace");
  }
  if (!m.time_offsets().empty() && !asked.contains("time")) w.fail("timeOffsets", "needs a namespace of the type time");
  for (const auto& [clock, offset] : m.time_offsets()) {
    if (clock != "monotonic" && clock != "boottime") w.fail("timeOffsets", "has clocks monotonic and boottime only");
  }
}

void check(Walker& w, const grpc::Linux& m) {
  static const std::set<std::string_view> kKnown = {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"};
  std::set<std::string_view> seen;
  for (const auto& name_space : m.namespaces()) {
    if (!kKnown.contains(name_space.type())) {
      w.fail("namespaces", concat("holds a type that does not exist: ", name_space.type()));
    }
    if (!seen.insert(name_space.type()).second) w.fail("namespaces", concat("holds ", name_space.type(), " twice"));
  }
  check_namespaces(w, m, seen);
}

}  // namespace

void describe(Walker& w, grpc::Linux& m) {
  MESSAGES("uidMappings", uidmappings);
  MESSAGES("gidMappings", gidmappings);
  MAP("sysctl", sysctl);
  MESSAGE("resources", resources);
  FIELD("cgroupsPath", cgroupspath);
  MESSAGES("namespaces", namespaces);
  MESSAGES("devices", devices);
  MESSAGE("seccomp", seccomp);
  FIELD("rootfsPropagation", rootfspropagation);
  VALUES("maskedPaths", maskedpaths);
  VALUES("readonlyPaths", readonlypaths);
  FIELD("mountLabel", mountlabel);
  w.no_effect("mountLabel", kNoSelinux);
  MESSAGE("intelRdt", intelrdt);
  MESSAGE("personality", personality);
  MESSAGE_MAP("timeOffsets", time_offsets);
  MESSAGE("memoryPolicy", memory_policy);
  if (w.has("netDevices")) {
    w.fail("netDevices",
           "an interface of the host cannot be given to a container: put it into the pod's network namespace");
  }
  check(w, m);
}

}  // namespace kata::oci
