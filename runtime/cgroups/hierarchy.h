// Which hierarchies of control groups this host has: those of version 1, one for each set of controllers, that of
// version 2, or both (hybrid).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kata::cgroups {

struct Hierarchy {
  int version = 2;
  std::string mount;                     // where its groups are: "/sys/fs/cgroup/memory"
  std::string root;                      // which group the mount shows; "/" but in containers
  std::vector<std::string> controllers;  // version 1: "cpu", "cpuacct", or a single "name=systemd"
  bool read_only = false;

  // "memory", "cpu,cpuacct", "name=systemd", "unified".
  std::string name() const;
  // Whether it is there for limits, and not only for whoever counts processes.
  bool has_controllers() const;
  bool has(std::string_view controller) const;  // of version 1
};

// Of /proc/<pid>/mountinfo; a hierarchy that is mounted twice counts once. Pure.
std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo);
// This process's. Empty: no cgroups are mounted.
std::vector<Hierarchy> find_hierarchies();

// The directory that a process is in: `text` is its /proc/<pid>/cgroup. A group above what the mount shows is "". Pure.
std::string directory_in(const Hierarchy& hierarchy, std::string_view text);

}  // namespace kata::cgroups
