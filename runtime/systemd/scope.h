// Scopes of systemd: groups of processes that others started, as units of the system's manager. Over D-Bus.
//
// libsystemd is loaded when it is first needed and let go of afterwards: it and what it brings would be a third of an
// idle shim's memory. Every function opens a connection of its own. Thread-safe; calls block for at most kTimeout.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::systemd {

inline constexpr std::chrono::seconds kTimeout{30};

struct Scope {
  std::string name;              // "cri-containerd-<id>.scope"
  std::string slice;             // "kubepods-burstable.slice"
  std::vector<pid_t> processes;  // at least one; they are in it when start_scope() returns
};

// Whether systemd could have a unit of that name: "prefix-name.scope", letters, digits and :-_.\ only. Pure.
bool is_scope_name(const std::string& name);

// What tells our units from others.
std::string description_of(const std::string& name);

// Delegated to us: systemd leaves alone what is below it. It goes when its last process does. kUnavailable: there is no
// libsystemd, no bus, or no systemd on it; kAlreadyExists: there is a unit of that name.
Result<> start_scope(const Scope& scope);

// What systemd would otherwise set back to its own idea of the limits. Nothing: as it is.
struct Limits {
  std::optional<uint64_t> memory_max;  // bytes; UINT64_MAX: no limit
  std::optional<uint64_t> cpu_quota;   // µs of processor time per second; UINT64_MAX: no limit
  std::optional<uint64_t> cpu_weight;  // version 2
  std::optional<uint64_t> cpu_shares;  // version 1
};
Result<> set_limits(const std::string& name, const Limits& limits);

// Ends what is still in it, and forgets that it failed. A unit that is not there, or not one of
// ours, is left alone: success.
Result<> stop_scope(const std::string& name);

// Somebody's service reads its configuration again, as `systemctl reload NAME` makes it. Errors as start_scope()'s;
// kNotFound: there is no such unit.
Result<> reload_unit(const std::string& name);

}  // namespace kata::systemd
