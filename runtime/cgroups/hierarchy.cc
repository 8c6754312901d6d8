#include "runtime/cgroups/hierarchy.h"

#include <algorithm>
#include <array>

#include "lib/base/split.h"
#include "lib/sys/file.h"
#include "lib/sys/mountinfo.h"

namespace kata::cgroups {

namespace {

// Every controller that version 1 ever had; what else is among the options is none.
constexpr std::array<std::string_view, 15> kControllers = {"blkio",    "cpu",     "cpuacct", "cpuset",     "debug",
                                                           "devices",  "freezer", "hugetlb", "memory",     "net_cls",
                                                           "net_prio", "misc",    "pids",    "perf_event", "rdma"};

std::vector<std::string> controllers_of(std::string_view options) {
  std::vector<std::string> out;
  for (auto word : split(options, ",")) {
    bool known = std::find(kControllers.begin(), kControllers.end(), word) != kControllers.end();
    if (known || word.starts_with("name=")) out.emplace_back(word);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::string Hierarchy::name() const {
  if (version == 2) return "unified";
  std::string out;
  for (const auto& controller : controllers) out += (out.empty() ? "" : ",") + controller;
  return out;
}

bool Hierarchy::has_controllers() const {
  return version == 2 || (!controllers.empty() && !controllers.front().starts_with("name="));
}

bool Hierarchy::has(std::string_view controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo) {
  std::vector<Hierarchy> out;
  for (auto& mount : sys::parse_mountinfo(mountinfo)) {
    if (mount.type != "cgroup" && mount.type != "cgroup2") continue;
    Hierarchy one;
    one.version = mount.type == "cgroup2" ? 2 : 1;
    if (one.version == 1) one.controllers = controllers_of(mount.super_options);
    if (one.version == 1 && one.controllers.empty()) continue;
    one.mount = std::move(mount.point);
    one.root = std::move(mount.root);
    one.read_only = sys::has_option(mount.options, "ro") || sys::has_option(mount.super_options, "ro");
    bool known = std::any_of(out.begin(), out.end(), [&](const Hierarchy& other) {
      return other.version == one.version && other.controllers == one.controllers;
    });
    if (!known) out.push_back(std::move(one));
  }
  return out;
}

std::vector<Hierarchy> find_hierarchies() {
  return parse_hierarchies(sys::read_file("/proc/self/mountinfo").value_or(std::string()));
}

// 4:memory:/pod/a, and 0::/pod/a for version 2.
std::string directory_in(const Hierarchy& hierarchy, std::string_view text) {
  for (auto line : lines_of(text)) {
    take(line, ':');
    auto list = take(line, ':');
    bool same = hierarchy.version == 2 ? list.empty() : !list.empty() && controllers_of(list) == hierarchy.controllers;
    if (!same) continue;
    std::string path(line);
    if (path.starts_with("/..")) return {};  // above this process' cgroup namespace
    if (hierarchy.root == "/") return hierarchy.mount + (path == "/" ? "" : path);
    if (path == hierarchy.root) return hierarchy.mount;
    if (path.starts_with(hierarchy.root + "/")) return hierarchy.mount + path.substr(hierarchy.root.size());
    return {};
  }
  return {};
}

}  // namespace kata::cgroups
