// The host's cgroups of a pod: who of the shim, the VMM and virtio-fs' daemon is where.
//
// `only` (sandbox_cgroup_only = true): everybody is in the sandbox's group.
//
// Otherwise the processors of the guest are in the sandbox's group, and what the virtual machine costs besides is in
// the overhead's, so that a pod's limit need not know about it:
//   version 1   each thread is in a group of its own: those of the virtual processors go to the sandbox's, one by one.
//               Memory belongs to the process and is counted in the overhead's group.
//   version 2   a process is in one domain, with its memory, and only inside of that may its threads part. So the
//               whole VMM is in the sandbox's group, as upstream has it, where the guest's memory counts for the pod;
//               below it the threads of the virtual processors are in a threaded group, "vcpus". The shim and
//               virtio-fs' daemon are in the overhead's.
// Limits follow this: with `only` they hold for all, else for the virtual processors.
//
// A child inherits its parent's groups, so the shim is where the VMM should be while it starts it.
//
// A host without cgroups, or one that does not let us have any, is no error: what cannot be had is one warning, and the
// pod runs without it. Not thread-safe but for oom(): the owner calls one method at a time.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "runtime/cgroups/hierarchy.h"
#include "runtime/cgroups/limits.h"
#include "runtime/cgroups/names.h"
#include "runtime/journal/journal.h"

namespace kata::cgroups {

struct Settings {
  std::string sandbox_id;
  std::string cgroups_path;         // linux.cgroupsPath
  bool systemd_by_default = false;  // without a path
  bool only = false;
  std::vector<Hierarchy> hierarchies;  // find_hierarchies()
};

class PodCgroups {
 public:
  // Makes the groups, each written to the journal first, and moves this process where its children are to start. The
  // error is a path that makes no sense.
  static Result<std::unique_ptr<PodCgroups>> enter(const Settings& settings, journal::Journal& journal);
  ~PodCgroups() = default;
  PodCgroups(const PodCgroups&) = delete;
  PodCgroups& operator=(const PodCgroups&) = delete;

  // After the VMM started: everybody to their place. `helpers` are other children (virtio-fs' daemon).
  void settle(const std::vector<pid_t>& helpers, const std::vector<pid_t>& vcpus);
  // The threads of all virtual processors; those that are there already stay.
  void place_vcpus(const std::vector<pid_t>& vcpus);
  // A process that stands for the pod to its engine: into the sandbox's group, which the engine looks at.
  void add(pid_t process);

  // Sets what changed since the last call. What cannot be set is a warning, once for each.
  void limit(const Limits& limits);

  // Lets the host's kernel count an OOM kill in the sandbox's group, for the engine that looks there at what add()
  // brought. oom() does not take it for one of the host's. What fails is logged.
  void count_oom_kill();

  // What the host's OOM killer has done here, in words: which limit was hit. Nothing: it was not here. Thread-safe.
  struct Oom {
    std::string directory;  // of the tightest limit, its own or one above; empty: the whole host's memory
    std::string file;       // "memory.max"
    uint64_t limit = 0;     // bytes
  };
  std::optional<Oom> oom() const;

  // This process, and who else is still inside, back to where this one came from, so that the groups can be removed.
  void leave();

  // For people: where the two groups are, below each hierarchy. Empty: nowhere.
  std::string sandbox_path() const { return places_.empty() ? "" : names_.sandbox; }
  std::string overhead_path() const { return places_.empty() || only_ ? "" : names_.overhead; }

 private:
  struct Place {
    Hierarchy hierarchy;
    std::string sandbox, overhead;  // directories; overhead is empty with `only`
    std::string origin;             // where this process was
    bool splits = false;            // version 1 with controllers: each thread goes its own way
    bool threaded = false;          // version 2: "vcpus" is there
  };

  PodCgroups(const Settings& settings, journal::Journal& journal) : only_(settings.only), journal_(journal) {}
  void start_sandbox_unit(const Settings& settings);
  Result<> start_unit(const std::string& unit, const std::string& slice, const std::vector<pid_t>& processes);
  void make_places(const Settings& settings, const std::string& processes);
  Result<Place> make_place(const Hierarchy& hierarchy, const std::string& processes);
  Result<> make_group(const Hierarchy& hierarchy, const std::string& path);
  void complain(const std::string& message, const std::string& why);
  // Where the limits are: the sandbox's group, or that of the virtual processors. Those of block devices hold for
  // whoever may read and write for the guest: the VMM and virtio-fs' daemon, wherever they are. Empty: nowhere.
  std::vector<std::string> limited_groups(const Place& place, const std::string& controller) const;
  std::string write_limit(const Place& place, const cgroup::Setting& setting) const;
  std::vector<std::string> write_limits(const Place& place, const Limits& limits, std::string& why) const;
  void limit_unit(const Limits& limits);

  const bool only_;
  journal::Journal& journal_;
  Names names_;
  std::vector<Place> places_;  // as they were made by enter(), but for `threaded`
  std::vector<pid_t> placed_;  // threads of virtual processors
  Limits limits_;              // as they were set
  std::set<std::string> complaints_;
  std::atomic<uint64_t> own_kills_ = 0;  // of count_oom_kill()
};

}  // namespace kata::cgroups
