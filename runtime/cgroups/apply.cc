// Limits on a pod's groups.
#include <algorithm>

#include "lib/base/concat.h"
#include "lib/sys/file.h"
#include "runtime/cgroups/pod_cgroups.h"
#include "runtime/systemd/scope.h"

namespace kata::cgroups {

namespace {

void add_once(std::vector<std::string>& to, const std::string& what) {
  if (std::find(to.begin(), to.end(), what) == to.end()) to.push_back(what);
}

}  // namespace

std::vector<std::string> PodCgroups::limited_groups(const Place& place, const std::string& controller) const {
  if (controller == "blkio" && !place.overhead.empty()) return {place.sandbox, place.overhead};
  if (only_ || place.hierarchy.version == 1 || controller == "blkio") return {place.sandbox};
  return place.threaded ? std::vector{place.sandbox + "/vcpus"} : std::vector<std::string>{};
}

// "held", "failed: why", or "" when it is another hierarchy's business.
std::string PodCgroups::write_limit(const Place& place, const cgroup::Setting& setting) const {
  bool unified = place.hierarchy.version == 2;
  auto controller = controller_of(setting.file);
  std::string outcome;
  for (const auto& directory : limited_groups(place, controller)) {
    if (unified ? !sys::exists(concat(directory, "/", setting.file)) : !place.hierarchy.has(controller)) continue;
    auto written = write_setting(directory, place.hierarchy.version, setting);
    if (!written) return "failed: " + written.error().message();
    outcome = "held";
  }
  return outcome;
}

// Returns the controllers whose limits hold here now.
std::vector<std::string> PodCgroups::write_limits(const Place& place, const Limits& limits, std::string& why) const {
  std::vector<std::string> held, failed;
  bool unified = place.hierarchy.version == 2;
  for (const auto& setting : unified ? changes_v2(limits_, limits) : changes_v1(limits_, limits)) {
    auto outcome = write_limit(place, setting);
    if (outcome.empty()) continue;
    bool written = outcome == "held";
    if (!written) why += concat(why.empty() ? "" : "; ", outcome.substr(outcome.find(' ') + 1));
    add_once(written ? held : failed, controller_of(setting.file));
  }
  std::erase_if(held, [&](const auto& one) { return std::find(failed.begin(), failed.end(), one) != failed.end(); });
  return held;
}

// Systemd sets its units' limits again whenever it is reloaded.
void PodCgroups::limit_unit(const Limits& limits) {
  if (!names_.systemd || !only_) return;
  systemd::Limits out;
  if (limits.memory_limit != limits_.memory_limit) {
    out.memory_max = limits.memory_limit > 0 ? static_cast<uint64_t>(limits.memory_limit) : UINT64_MAX;
  }
  out.cpu_quota = quota_change(limits_, limits);
  if (limits.cpu_shares != limits_.cpu_shares && limits.cpu_shares > 0) {
    bool unified = std::any_of(places_.begin(), places_.end(), [](const Place& place) {
      return place.hierarchy.version == 2 && sys::exists(place.sandbox + "/cpu.weight");
    });
    (unified ? out.cpu_weight : out.cpu_shares) =
        unified ? cgroup::weight_of_shares(limits.cpu_shares) : limits.cpu_shares;
  }
  if (!out.memory_max && !out.cpu_quota && !out.cpu_weight && !out.cpu_shares) return;
  auto set = systemd::set_limits(names_.sandbox_unit, out);
  if (!set) complain("systemd does not know the pod's limits", set.error().message());
}

void PodCgroups::limit(const Limits& given) {
  auto limits = given;
  // A machine that is not inside as a whole has no limit on its memory here.
  if (!only_) limits.memory_limit = 0;
  limit_unit(limits);
  std::vector<std::string> held;
  std::string why;
  for (const auto& place : places_) {
    for (const auto& controller : write_limits(place, limits, why)) add_once(held, controller);
  }
  std::string missed;
  for (const auto& setting : changes_v1(limits_, limits)) {
    auto controller = controller_of(setting.file);
    if (std::find(held.begin(), held.end(), controller) != held.end()) continue;
    if (missed.find(controller) == std::string::npos) missed += (missed.empty() ? "" : ", ") + controller;
  }
  limits_ = limits;
  if (missed.empty()) return;
  if (why.empty()) why = "no hierarchy in which the pod has a cgroup has this controller";
  complain(concat("limits that do not hold on the host (the guest's do, but for the host's block devices): ", missed),
           why);
}

}  // namespace kata::cgroups
