// https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md
#include <set>

#include "lib/oci/fields.h"

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
  FIELD("uid", uid);
  FIELD("gid", gid);
  if (!m.path().starts_with('/')) w.fail("path", "must be an absolute path");
  if (m.type().size() != 1 || std::string_view("cbup").find(m.type()) == std::string_view::npos) {
    w.fail("type", "must be c, b, u or p");
  }
}

void describe(Walker& w, grpc::LinuxIntelRdt& m) { FIELD("l3CacheSchema", l3cacheschema); }

namespace {

void check(Walker& w, const grpc::Linux& m) {
  std::set<std::string_view> seen;
  for (const auto& name_space : m.namespaces()) {
    if (!seen.insert(name_space.type()).second) w.fail("namespaces", concat("holds ", name_space.type(), " twice"));
  }
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
  MESSAGE("intelRdt", intelrdt);
  check(w, m);
}

}  // namespace kata::oci
