// https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#control-groups
#include "lib/oci/fields.h"

namespace kata::oci {

namespace {
constexpr char kNotInVersion2[] = "cgroup v2, which the guest has, has no such thing";
}

// The wire has no "any device number": it is -1, as the kernel's device rules had it (see json.h).
void describe(Walker& w, grpc::LinuxDeviceCgroup& m) {
  FIELD("allow", allow, Presence::kAlways);
  FIELD("type", type);
  if (w.reading() || m.major() >= 0) FIELD("major", major, Presence::kAlways);
  if (w.reading() || m.minor() >= 0) FIELD("minor", minor, Presence::kAlways);
  FIELD("access", access);
  if (w.reading() && !w.has("major")) m.set_major(-1);
  if (w.reading() && !w.has("minor")) m.set_minor(-1);
}

void describe(Walker& w, grpc::LinuxMemory& m) {
  FIELD("limit", limit);
  FIELD("reservation", reservation);
  FIELD("swap", swap);
  FIELD("kernel", kernel);
  FIELD("kernelTCP", kerneltcp);
  FIELD("swappiness", swappiness);
  FIELD("disableOOMKiller", disableoomkiller);
  FIELD("checkBeforeUpdate", check_before_update);
  for (const char* key : {"kernel", "kernelTCP", "swappiness", "disableOOMKiller"}) w.no_effect(key, kNotInVersion2);
  w.has("useHierarchy");  // known, and always so in version 2
}

void describe(Walker& w, grpc::LinuxCPU& m) {
  FIELD("shares", shares);
  FIELD("quota", quota);
  FIELD("period", period);
  FIELD("realtimeRuntime", realtimeruntime);
  FIELD("realtimePeriod", realtimeperiod);
  FIELD("cpus", cpus);
  FIELD("mems", mems);
  FIELD("burst", burst, m.has_burst() ? Presence::kAlways : Presence::kWhenSet);
  FIELD("idle", idle, m.has_idle() ? Presence::kAlways : Presence::kWhenSet);
  for (const char* key : {"realtimeRuntime", "realtimePeriod"}) w.no_effect(key, kNotInVersion2);
}

void describe(Walker& w, grpc::LinuxPids& m) { FIELD("limit", limit, Presence::kAlways); }

void describe(Walker& w, grpc::LinuxWeightDevice& m) {
  FIELD("major", major, Presence::kAlways);
  FIELD("minor", minor, Presence::kAlways);
  FIELD("weight", weight);
  FIELD("leafWeight", leafweight);
  w.no_effect("leafWeight", kNotInVersion2);
}

void describe(Walker& w, grpc::LinuxThrottleDevice& m) {
  FIELD("major", major, Presence::kAlways);
  FIELD("minor", minor, Presence::kAlways);
  FIELD("rate", rate, Presence::kAlways);
}

void describe(Walker& w, grpc::LinuxBlockIO& m) {
  FIELD("weight", weight);
  FIELD("leafWeight", leafweight);
  w.no_effect("leafWeight", kNotInVersion2);
  MESSAGES("weightDevice", weightdevice);
  MESSAGES("throttleReadBpsDevice", throttlereadbpsdevice);
  MESSAGES("throttleWriteBpsDevice", throttlewritebpsdevice);
  MESSAGES("throttleReadIOPSDevice", throttlereadiopsdevice);
  MESSAGES("throttleWriteIOPSDevice", throttlewriteiopsdevice);
}

void describe(Walker& w, grpc::LinuxHugepageLimit& m) {
  FIELD("pageSize", pagesize, Presence::kAlways);
  FIELD("limit", limit, Presence::kAlways);
}

void describe(Walker& w, grpc::LinuxInterfacePriority& m) {
  FIELD("name", name, Presence::kAlways);
  FIELD("priority", priority, Presence::kAlways);
}

void describe(Walker& w, grpc::LinuxNetwork& m) {
  FIELD("classID", classid);
  MESSAGES("priorities", priorities);
  for (const char* key : {"classID", "priorities"}) w.no_effect(key, kNotInVersion2);
}

void describe(Walker& w, grpc::LinuxResources& m) {
  MESSAGES("devices", devices);
  MESSAGE("memory", memory);
  MESSAGE("cpu", cpu);
  MESSAGE("pids", pids);
  MESSAGE("blockIO", blockio);
  MESSAGES("hugepageLimits", hugepagelimits);
  MESSAGE("network", network);
  MAP("unified", unified);
  w.no_effect("rdma", "the guest has no RDMA devices");
  for (const auto& [name, value] : m.unified()) {
    // The names become files of the cgroup's directory.
    if (name.empty() || name.find('/') != std::string::npos) w.fail("unified", "a key must be a plain file name");
  }
}

}  // namespace kata::oci
