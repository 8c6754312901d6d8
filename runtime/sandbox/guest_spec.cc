#include "runtime/sandbox/guest_spec.h"

#include <algorithm>
#include <string>

#include "lib/base/concat.h"
#include "lib/base/log.h"

namespace kata {

namespace {

// Character devices with the same numbers on every Linux. Documentation/admin-guide/devices.txt
bool is_guest_device(const grpc::LinuxDevice& device) {
  struct Number {
    int64_t major, minor;
  };
  constexpr Number kKnown[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {10, 200}, {10, 229}};
  if (device.type() != "c" && device.type() != "u") return false;
  return std::any_of(std::begin(kKnown), std::end(kKnown),
                     [&](const Number& n) { return n.major == device.major() && n.minor == device.minor(); });
}

void constrain_devices(grpc::Linux& linux, const std::vector<std::string>& disks) {
  std::vector<std::string> left_out;
  auto* devices = linux.mutable_devices();
  for (int i = devices->size() - 1; i >= 0; --i) {
    const auto& path = devices->Get(i).path();
    if (is_guest_device(devices->Get(i)) || std::find(disks.begin(), disks.end(), path) != disks.end()) continue;
    left_out.push_back(path);
    devices->DeleteSubrange(i, 1);
  }
  if (left_out.empty()) return;
  // A privileged container is given all that the host has: hundreds.
  constexpr size_t kNamed = 20;
  std::string names;
  std::reverse(left_out.begin(), left_out.end());
  for (size_t i = 0; i < left_out.size() && i < kNamed; ++i) names += (i == 0 ? "" : " ") + left_out[i];
  if (left_out.size() > kNamed) names += concat(" and ", left_out.size() - kNamed, " more");
  log::warning("spec", "devices of the host are not in the virtual machine; left out", {{"devices", names}});
}

// Paths name namespaces of the host. The machine is the network namespace, and its clock is its own; a user
// namespace without mappings would have to be joined.
void constrain_namespaces(grpc::Linux& linux) {
  auto* namespaces = linux.mutable_namespaces();
  for (int i = namespaces->size() - 1; i >= 0; --i) {
    auto& one = *namespaces->Mutable(i);
    bool joins_user = one.type() == "user" && linux.uidmappings().empty();
    if (one.type() == "network" || one.type() == "time" || joins_user) {
      namespaces->DeleteSubrange(i, 1);
    } else {
      one.clear_path();
    }
  }
}

}  // namespace

bool joins_pid_namespace(const grpc::Spec& spec) {
  const auto& all = spec.linux().namespaces();
  return std::any_of(all.begin(), all.end(),
                     [](const auto& one) { return one.type() == "pid" && !one.path().empty(); });
}

void constrain(grpc::LinuxResources& resources) {
  // Numbers of the host's devices and CPUs mean others in the guest.
  resources.clear_devices();
  resources.clear_blockio();
  resources.clear_network();
  resources.clear_hugepagelimits();
  if (resources.has_cpu()) {
    resources.mutable_cpu()->clear_cpus();
    resources.mutable_cpu()->clear_mems();
  }
  auto& unified = *resources.mutable_unified();
  for (const auto* key : {"cpuset.cpus", "cpuset.mems", "io.max", "io.weight", "io.latency"}) unified.erase(key);
}

void constrain(grpc::Spec& spec, const GuestSpecOptions& options) {
  // The hooks of the container's own namespaces run in the guest, all others on the host.
  auto in_guest = std::move(*spec.mutable_hooks()->mutable_startcontainer());
  spec.clear_hooks();
  if (!in_guest.empty()) *spec.mutable_hooks()->mutable_startcontainer() = std::move(in_guest);

  auto& linux = *spec.mutable_linux();
  constrain_namespaces(linux);
  constrain_devices(linux, options.disks);
  if (linux.has_resources()) constrain(*linux.mutable_resources());
  linux.clear_intelrdt();
  if (!options.seccomp) linux.clear_seccomp();
  spec.mutable_process()->clear_apparmorprofile();  // no such security module in the guest
  if (!options.selinux) {
    spec.mutable_process()->clear_selinuxlabel();
    linux.clear_mountlabel();
  }
}

}  // namespace kata
