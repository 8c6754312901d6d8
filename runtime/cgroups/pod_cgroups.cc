#include "runtime/cgroups/pod_cgroups.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/cgroup/tree.h"
#include "lib/sys/file.h"
#include "runtime/cgroups/journal_kind.h"
#include "runtime/systemd/journal_kind.h"
#include "runtime/systemd/scope.h"

namespace kata::cgroups {

namespace {

constexpr char kRoom[] = "cgroups";

std::string groups_of_this_process() { return sys::read_file("/proc/self/cgroup").value_or(std::string()); }

// One process, or one thread with "tasks" and "cgroup.threads". One that has ended is where it should be.
Result<> move(const std::string& directory, const char* file, pid_t process) {
  auto moved = sys::write_control(concat(directory, "/", file), std::to_string(process));
  if (!moved && moved.error().is_errno(ESRCH)) return {};
  return moved;
}

Result<> move_processes(const std::string& directory, const std::vector<pid_t>& processes) {
  Result<> outcome;
  for (auto process : processes) {
    auto moved = move(directory, "cgroup.procs", process);
    if (!moved && outcome.ok()) outcome = moved;
  }
  return outcome;
}

}  // namespace

// A complaint is made once: what fails for one container fails for the next.
void PodCgroups::complain(const std::string& message, const std::string& why) {
  if (complaints_.insert(concat(message, why)).second) log::warning(kRoom, message, {{"why", why}});
}

Result<std::unique_ptr<PodCgroups>> PodCgroups::enter(const Settings& settings, journal::Journal& journal) {
  std::unique_ptr<PodCgroups> out(new PodCgroups(settings, journal));
  out->names_ = TRY(names_of(settings.cgroups_path, settings.sandbox_id, settings.systemd_by_default));
  auto before = groups_of_this_process();
  if (out->names_.systemd) out->start_sandbox_unit(settings);
  out->make_places(settings, before);
  return out;
}

Result<> PodCgroups::start_unit(const std::string& unit, const std::string& slice,
                                const std::vector<pid_t>& processes) {
  auto number = TRY(systemd::record_scope(journal_, unit));
  auto started = systemd::start_scope({unit, slice, processes});
  if (!started && started.error().is(Code::kAlreadyExists)) {
    // Ours, of a pod of the same name that nobody cleaned up after.
    ignore(systemd::stop_scope(unit));
    started = systemd::start_scope({unit, slice, processes});
  }
  if (!started && started.error().is(Code::kUnavailable)) journal_.strike(number);  // nobody to undo it, either
  return started;
}

// The pod is worth more than the driver: without systemd it runs all the same.
void PodCgroups::start_sandbox_unit(const Settings& settings) {
  auto started = start_unit(names_.sandbox_unit, names_.sandbox_slice, {::getpid()});
  if (started) {
    // Where systemd really put it: its own root may be below ours.
    auto now = groups_of_this_process();
    for (const auto& hierarchy : settings.hierarchies) {
      auto directory = directory_in(hierarchy, now);
      if (directory.ends_with("/" + names_.sandbox_unit)) names_.sandbox = directory.substr(hierarchy.mount.size());
    }
    return;
  }
  log::warning(kRoom, "the cgroup path asks for systemd, which does not make it; the directories are made without it",
               {{"path", settings.cgroups_path}, {"error", started.error().text()}});
  names_ = without_systemd(names_, settings.sandbox_id);
}

void PodCgroups::make_places(const Settings& settings, const std::string& processes) {
  std::map<std::string, std::string> reasons;  // the same for many hierarchies, as a rule
  for (const auto& hierarchy : settings.hierarchies) {
    auto place = make_place(hierarchy, processes);
    if (place) {
      places_.push_back(std::move(*place));
    } else {
      auto& names = reasons[place.error().message()];
      names += (names.empty() ? "" : ", ") + hierarchy.name();
    }
  }
  std::string problems;
  for (const auto& [why, names] : reasons) problems += concat(problems.empty() ? "" : "; ", names, ": ", why);
  if (settings.hierarchies.empty()) problems = "no cgroup file system is mounted";
  if (problems.empty()) return;
  log::warning(kRoom,
               places_.empty() ? "the pod has no cgroup on the host: nothing limits or counts it there"
                               : "the pod has no cgroup in some of the host's hierarchies: nothing limits it there",
               {{"path", names_.sandbox}, {"why", problems}});
}

Result<PodCgroups::Place> PodCgroups::make_place(const Hierarchy& hierarchy, const std::string& processes) {
  if (hierarchy.read_only) return Error::make(Code::kPermissionDenied, "mounted read-only");
  Place out{.hierarchy = hierarchy};
  out.sandbox = hierarchy.mount + names_.sandbox;
  out.origin = directory_in(hierarchy, processes);
  if (out.origin.empty()) out.origin = hierarchy.mount;
  TRY(make_group(hierarchy, names_.sandbox));
  if (!only_) {
    out.overhead = hierarchy.mount + names_.overhead;
    out.splits = hierarchy.version == 1 && hierarchy.has_controllers();
    TRY(make_group(hierarchy, names_.overhead));
  }
  TRY(move(out.splits ? out.overhead : out.sandbox, "cgroup.procs", ::getpid()));
  return out;
}

Result<> PodCgroups::make_group(const Hierarchy& hierarchy, const std::string& path) {
  TRY(record_group(journal_, hierarchy.mount + path, cgroup::missing_parts(hierarchy.mount, path)));
  return hierarchy.version == 2 ? cgroup::make_path(hierarchy.mount, path)
                                : cgroup::make_path_v1(hierarchy.mount, path, hierarchy.has("cpuset"));
}

void PodCgroups::settle(const std::vector<pid_t>& helpers, const std::vector<pid_t>& vcpus) {
  if (only_) return;
  auto others = helpers;
  others.push_back(::getpid());
  if (names_.systemd) {
    auto started = start_unit(names_.overhead_unit, names_.overhead_slice, others);
    if (!started) complain("systemd has no unit of the pod's overhead", started.error().text());
  }
  for (auto& place : places_) {
    if (place.splits) continue;
    auto moved = move_processes(place.overhead, others);
    if (!moved) complain("the pod's overhead counts for the pod itself", moved.error().message());
    if (place.hierarchy.version != 2) continue;
    auto group = place.sandbox + "/vcpus";
    auto made = sys::make_directory(group);
    if (made) made = sys::write_control(group + "/cgroup.type", "threaded");
    place.threaded = made.ok();
    if (!made) complain("the virtual processors have no cgroup apart from their VMM's", made.error().message());
    // The two that know threads; a host may have either elsewhere, in version 1.
    for (const char* controller : {"+cpu", "+cpuset"}) {
      if (made) ignore(sys::write_control(place.sandbox + "/cgroup.subtree_control", controller));
    }
  }
  place_vcpus(vcpus);
}

void PodCgroups::place_vcpus(const std::vector<pid_t>& vcpus) {
  if (only_) return;
  for (auto thread : vcpus) {
    if (std::find(placed_.begin(), placed_.end(), thread) != placed_.end()) continue;
    placed_.push_back(thread);
    for (const auto& place : places_) {
      Result<> moved;
      if (place.splits) moved = move(place.sandbox, "tasks", thread);
      if (place.threaded) moved = move(place.sandbox + "/vcpus", "cgroup.threads", thread);
      if (!moved) complain("a virtual processor is not in the pod's cgroup", moved.error().message());
    }
  }
}

void PodCgroups::add(pid_t process) {
  for (const auto& place : places_) {
    auto moved = move(place.sandbox, "cgroup.procs", process);
    if (!moved) log::debug(kRoom, "a stand-in stays where it is", {{"why", moved.error().message()}});
  }
}

void PodCgroups::leave() {
  for (const auto& place : places_) {
    for (const auto& directory : {place.sandbox, place.overhead}) {
      if (directory.empty()) continue;
      for (auto process : cgroup::processes_in(directory).value_or(std::vector<pid_t>())) {
        auto moved = move(place.origin, "cgroup.procs", process);
        if (!moved) moved = move(place.hierarchy.mount, "cgroup.procs", process);
        if (!moved) log::warning(kRoom, "a process cannot leave", {{"why", moved.error().message()}});
      }
    }
  }
}

}  // namespace kata::cgroups
