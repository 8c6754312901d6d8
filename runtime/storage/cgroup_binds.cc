#include "runtime/storage/cgroup_binds.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "runtime/storage/planning.h"

namespace kata::storage {

namespace {

constexpr std::string_view kCgroups = "/sys/fs/cgroup";

bool has(const grpc::Mount& mount, std::string_view option) {
  return std::find(mount.options().begin(), mount.options().end(), option) != mount.options().end();
}

void remove(grpc::Mount& mount, std::string_view option) {
  auto* options = mount.mutable_options();
  options->erase(std::remove(options->begin(), options->end(), option), options->end());
}

bool binds_part_of_hosts(const grpc::Mount& mount) {
  bool bind = mount.type() == "bind" || mount.type() == "rbind" || has(mount, "bind") || has(mount, "rbind");
  return bind && mount.source() != kCgroups && is_below(mount.source(), kCgroups);
}

// The container's cgroups that are mounted at, or above, the destination before `end`.
grpc::Mount* covering(grpc::Spec& spec, int end) {
  const auto& destination = spec.mounts(end).destination();
  for (int i = end - 1; i >= 0; --i) {
    auto& one = *spec.mutable_mounts(i);
    bool cgroups = one.type() == "cgroup" || one.type() == "cgroup2";
    if (cgroups && is_below(destination, one.destination())) return &one;
  }
  return nullptr;
}

void become_cgroups(grpc::Mount& mount) {
  mount.set_type("cgroup");
  mount.set_source("cgroup");
  remove(mount, "bind");
  remove(mount, "rbind");
}

}  // namespace

void replace_cgroup_binds(grpc::Spec& spec) {
  for (int i = 0; i < spec.mounts_size(); ++i) {
    auto& mount = *spec.mutable_mounts(i);
    if (!binds_part_of_hosts(mount)) continue;
    log::info("spec", "cgroups of the host are not in the virtual machine; the container's own are there instead",
              {{"source", mount.source()}, {"destination", mount.destination()}});
    auto* there = covering(spec, i);
    if (there == nullptr) {
      become_cgroups(mount);
      continue;
    }
    if (!has(mount, "ro")) remove(*there, "ro");
    spec.mutable_mounts()->DeleteSubrange(i--, 1);
  }
}

}  // namespace kata::storage
