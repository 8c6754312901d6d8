#include "runtime/sandbox/guest_spec.h"

#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/id_map.h"
#include "lib/oci/json.h"
#include "runtime/resources/check.h"
#include "runtime/sandbox/guest_devices.h"

namespace kata {

namespace {

// Calls with each list of devices that a limit holds for.
template <typename Resources, typename Visit>
void each_limited(Resources& block_io, Visit visit) {
  visit(*block_io.mutable_weightdevice());
  visit(*block_io.mutable_throttlereadbpsdevice());
  visit(*block_io.mutable_throttlewritebpsdevice());
  visit(*block_io.mutable_throttlereadiopsdevice());
  visit(*block_io.mutable_throttlewriteiopsdevice());
}

// The agent has those of the disks renumbered.
void constrain_block_io(grpc::LinuxBlockIO& block_io, const Disks& disks) {
  each_limited(block_io, [&](auto& entries) {
    for (int i = entries.size() - 1; i >= 0; --i) {
      if (!is_disk(disks, entries.Get(i).major(), entries.Get(i).minor())) entries.DeleteSubrange(i, 1);
    }
  });
}

// Numbers of the host's devices and processors in the words of cgroup v2.
void constrain_unified(grpc::LinuxResources& resources) {
  oci::Ignored ignored;
  for (const auto* key : {"cpuset.cpus", "cpuset.mems", "io.max", "io.weight", "io.latency"}) {
    if (resources.mutable_unified()->erase(key) == 0) continue;
    ignored.push_back(concat("linux.resources.unified.", key, " (its numbers are the host's)"));
  }
  oci::warn_of(ignored);
}

// Paths name namespaces of the host. The machine is the network namespace; a user namespace without mappings would have
// to be joined. Every agent gives a container a PID namespace unasked, and upstream's loses its way when it is asked:
// each exec fails then.
void constrain_namespaces(grpc::Linux& linux) {
  auto* namespaces = linux.mutable_namespaces();
  for (int i = namespaces->size() - 1; i >= 0; --i) {
    auto& one = *namespaces->Mutable(i);
    bool joins_user = one.type() == "user" && linux.uidmappings().empty();
    if (one.type() == "network" || one.type() == "pid" || joins_user) {
      namespaces->DeleteSubrange(i, 1);
    } else {
      one.clear_path();
    }
  }
}

// A pod's containers share these, and name them by a path of the host.
bool is_shared_in_pods(const std::string& type) {
  constexpr const char* kShared[] = {"ipc", "uts", "pid", "user"};
  return std::find(std::begin(kShared), std::end(kShared), type) != std::end(kShared);
}

Result<> check_namespaces(const grpc::Linux& linux, bool in_pod) {
  for (const auto& one : linux.namespaces()) {
    if (one.path().empty() || one.type() == "network") continue;
    if (in_pod && is_shared_in_pods(one.type())) continue;
    return Error::make(Code::kUnimplemented,
                       concat("linux.namespaces: the container is to join the ", one.type(), " namespace ", one.path(),
                              " of the host, but has a kernel of its own"))
        .hint("remove the path, or put containers that share namespaces into one pod");
  }
  return {};
}

Result<> check_mounts(const grpc::Spec& spec) {
  for (const auto& mount : spec.mounts()) {
    if (std::filesystem::path("/" + mount.destination()).lexically_normal().relative_path().empty()) {
      return Error::make(Code::kInvalidArgument, concat("mounts: the destination \"", mount.destination(),
                                                        "\" is the root file system's place"))
          .hint("mount below it, or give the directory as root.path");
    }
    TRY(oci::id_map_of(mount, spec.linux()));
  }
  return {};
}

}  // namespace

Result<> check_spec(const grpc::Spec& spec, bool in_pod) {
  TRY(resources::check(spec.linux().resources()));
  TRY(check_namespaces(spec.linux(), in_pod));
  return check_mounts(spec);
}

std::string machine_name(const grpc::Spec& spec, const std::string& sandbox_id) {
  constexpr size_t kShortId = 12;
  const auto& namespaces = spec.linux().namespaces();
  bool own = std::any_of(namespaces.begin(), namespaces.end(), [](const auto& one) { return one.type() == "uts"; });
  struct utsname host {};
  (void)::uname(&host);
  auto name = spec.hostname();
  if (name.empty()) name = own ? sandbox_id.substr(0, kShortId) : host.nodename;
  if (!own) {
    log::warning("spec", "the host's UTS namespace is not in the virtual machine, which has a name of its own",
                 {{"name", name}});
  }
  return name.substr(0, sizeof host.nodename - 1);
}

std::string limited_on_host(const grpc::LinuxResources& resources, const Disks& disks) {
  std::set<std::string> devices;
  auto block_io = resources.blockio();
  each_limited(block_io, [&](const auto& entries) {
    for (const auto& entry : entries) {
      if (!is_disk(disks, entry.major(), entry.minor())) devices.insert(concat(entry.major(), ":", entry.minor()));
    }
  });
  std::string text;
  for (const auto& device : devices) text += (text.empty() ? "" : " ") + device;
  return text;
}

void constrain(grpc::LinuxResources& resources, const Disks& disks) {
  // Numbers of the host's CPUs mean others in the guest.
  resources.clear_network();
  if (resources.has_blockio()) constrain_block_io(*resources.mutable_blockio(), disks);
  if (resources.has_cpu()) {
    resources.mutable_cpu()->clear_cpus();
    resources.mutable_cpu()->clear_mems();
  }
  constrain_unified(resources);
}

void constrain(grpc::Spec& spec, const GuestSpecOptions& options) {
  // The hooks of the container's own namespaces run in the guest, all others on the host.
  auto in_guest = std::move(*spec.mutable_hooks()->mutable_startcontainer());
  spec.clear_hooks();
  if (!in_guest.empty()) *spec.mutable_hooks()->mutable_startcontainer() = std::move(in_guest);

  auto& linux = *spec.mutable_linux();
  constrain_namespaces(linux);
  constrain_devices(linux, options.disks);
  constrain_device_rules(linux);
  if (linux.has_resources()) constrain(*linux.mutable_resources(), options.disks);
  linux.clear_intelrdt();
  if (!options.seccomp) linux.clear_seccomp();
  spec.mutable_process()->clear_apparmorprofile();  // no such security module in the guest
  if (!options.selinux) {
    spec.mutable_process()->clear_selinuxlabel();
    linux.clear_mountlabel();
  }
}

}  // namespace kata
