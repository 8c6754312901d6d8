// The machine's size follows what its containers ask for.
#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/pod.h"
#include "runtime/resources/sizing.h"
#include "runtime/sandbox/guest_spec.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

using hypervisor::MachineSize;

// A whole memory block of the guest's kernel may be what does not fit below the maximum.
constexpr uint64_t kBlockMib = 128;

bool same(const MachineSize& a, const MachineSize& b) { return a.vcpus == b.vcpus && a.memory_mib == b.memory_mib; }

MachineSize larger(const MachineSize& a, const MachineSize& b) {
  return {std::max(a.vcpus, b.vcpus), std::max(a.memory_mib, b.memory_mib)};
}

std::string text_of(const MachineSize& size) { return concat(size.vcpus, " CPUs and ", size.memory_mib, " MiB"); }

}  // namespace

// Before the machine is made.
void Sandbox::announce(Container& container, const grpc::Spec& spec) {
  demands_.set_pod(resources::limits_of_pod(container.annotations));
  count(container, spec.linux().resources());
}

// A pod's first container only holds its namespaces: its limits are nobody's.
void Sandbox::count(Container& container, const grpc::LinuxResources& resources) {
  if (container.owns_sandbox && oci::is_pod(container.annotations)) return;
  container.resources = resources;
  demands_.set(container.id, resources::limits_of(resources));
}

MachineSize Sandbox::wanted_size() const {
  return resources::machine_size(config_.hypervisor, demands_.sum(), resources::host_size());
}

// The workload may use what it asked for from its first instruction on.
Result<> Sandbox::make_room(Container& container, const grpc::Spec& spec) {
  MutexLock fitting(fitting_);
  count(container, spec.linux().resources());
  auto size = larger(size_, wanted_size());
  limit_on_host(size.memory_mib);
  return fit_machine(size).wrap(concat("making room for container ", container.id));
}

void Sandbox::give_room_back(const std::string& container) {
  MutexLock fitting(fitting_);
  demands_.erase(container);
  if (!machine_ || !in_guest_ || machine_->agent().lost()) return;
  auto done = fit_machine(wanted_size());
  limit_on_host(size_.memory_mib);
  if (!done) log::warning("sandbox", "the machine keeps its size", {{"error", done.error().text()}});
}

// A guest whose kernel takes no more processors shares those that it has; the containers' limits hold in its cgroups.
Result<> Sandbox::use_in_guest(MachineSize& wanted) {
  auto online = machine_->agent().set_online(wanted.vcpus, wanted.memory_mib == size_.memory_mib);
  if (!online && online.error().is(Code::kDeadlineExceeded) && wanted.vcpus > size_.vcpus) {
    log::warning("sandbox", "the guest takes no more processors and shares what it has",
                 {{"wanted", text_of(wanted)}, {"error", online.error().text()}});
    takes_processors_ = false;  // each further try would wait as long
    wanted.vcpus = size_.vcpus;
    online = {};
  }
  return std::move(online).wrap("using the machine's new processors and memory in the guest");
}

// The caller holds `fitting_`.
Result<> Sandbox::fit_machine(MachineSize wanted) {
  if (!takes_processors_) wanted.vcpus = std::min(wanted.vcpus, size_.vcpus);
  if (config_.runtime.static_sandbox_resource_mgmt || same(wanted, size_)) return {};
  auto& vm = machine_->vm();
  auto got = TRY(vm.resize(wanted));
  TRY(use_in_guest(wanted));
  if (got.memory_mib < wanted.memory_mib) got = TRY(vm.resize(wanted));
  log::info("sandbox", "the machine was resized", {{"wanted", text_of(wanted)}, {"has", text_of(got)}});
  if (got.vcpus < wanted.vcpus || got.memory_mib + kBlockMib <= wanted.memory_mib) {
    return Error::make(Code::kResourceExhausted,
                       concat("the machine has ", text_of(got), ", but should have ", text_of(wanted)))
        .hint("the guest's kernel must know CPU and memory hot-plug (enable_virtio_mem)");
  }
  size_ = wanted;
  place_processors();
  return {};
}

// Room is made before the container may use it, and taken back after it may no more. When one of these fails, the
// container and the accounts are as before.
Result<> Sandbox::update(const std::string& id, grpc::LinuxResources resources) {
  auto container = TRY(find(id));
  auto life = container->first->life();
  if (std::holds_alternative<Stopped>(life)) {
    return Error::make(Code::kFailedPrecondition, concat("cannot update container ", id, ": it is stopped"));
  }
  MutexLock fitting(fitting_);
  auto old = container->resources;
  count(*container, resources::merged(old, resources));
  auto size = larger(size_, wanted_size());
  limit_on_host(size.memory_mib);
  auto done = fit_machine(size);
  constrain(resources);
  if (done) done = machine_->agent().update_container(id, resources);
  if (!done) {
    count(*container, old);
    limit_on_host(size_.memory_mib);
    ignore(fit_machine(wanted_size()));  // the first error is the one to tell
    return done;
  }
  return fit_machine(wanted_size());
}

}  // namespace kata
