// What the host's OOM killer did in a pod's groups.
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/cgroup/stats.h"
#include "lib/sys/file.h"
#include "runtime/cgroups/oom_victim.h"
#include "runtime/cgroups/pod_cgroups.h"

namespace kata::cgroups {

namespace {

// A limit of version 1 that nobody set is the largest multiple of a page.
constexpr uint64_t kNoLimit = uint64_t{1} << 60U;

uint64_t kills_in(const std::string& directory, int version) {
  if (directory.empty()) return 0;
  auto file = directory + (version == 2 ? "/memory.events" : "/memory.oom_control");
  // Counts victims of every OOM killer, that of the whole host too: cgroup-v2.rst, memory.events.
  return cgroup::parse_flat(sys::read_file(file, 4096).value_or(std::string()))["oom_kill"];
}

}  // namespace

void PodCgroups::count_oom_kill() {
  for (const auto& place : places_) {
    int version = place.hierarchy.version;
    bool counts = version == 1 ? place.hierarchy.has("memory") : sys::exists(place.sandbox + "/memory.max");
    if (!counts) continue;
    ++own_kills_;
    auto counted = cgroups::count_oom_kill(place.sandbox, version);
    if (counted) return;
    --own_kills_;
    log::warning("cgroups", "the engine hears nothing of an OOM kill in the guest", {{"why", counted.error().text()}});
  }
}

std::optional<PodCgroups::Oom> PodCgroups::oom() const {
  for (const auto& place : places_) {
    int version = place.hierarchy.version;
    if (version == 1 && !place.hierarchy.has("memory")) continue;
    for (auto directory : {place.sandbox, place.overhead}) {
      if (kills_in(directory, version) <= (directory == place.sandbox ? own_kills_.load() : 0)) continue;
      Oom out{.file = version == 2 ? "memory.max" : "memory.limit_in_bytes", .limit = kNoLimit};
      for (; directory.size() > place.hierarchy.mount.size(); directory.erase(directory.rfind('/'))) {
        auto limit = sys::read_file(concat(directory, "/", out.file), 64);
        if (!limit || cgroup::parse_value(*limit) >= out.limit) continue;
        out.limit = cgroup::parse_value(*limit);
        out.directory = directory;
      }
      return out;
    }
  }
  return {};
}

}  // namespace kata::cgroups
