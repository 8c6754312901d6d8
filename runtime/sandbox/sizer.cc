#include "runtime/sandbox/sizer.h"

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "runtime/resources/check.h"
#include "runtime/resources/sizing.h"
#include "runtime/sandbox/guest_spec.h"

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

void Sizer::count(const std::string& container, const std::optional<Asked>& asked) {
  if (!asked) return;
  asked_[container] = *asked;
  demands_.set(container, resources::limits_of(asked->resources));
}

void Sizer::announce(const resources::Limits& pod, const std::string& container, const std::optional<Asked>& asked) {
  MutexLock lock(mutex_);
  demands_.set_pod(pod);
  count(container, asked);
}

void Sizer::set_size(MachineSize size) {
  MutexLock lock(mutex_);
  size_ = size;
}

MachineSize Sizer::wanted_size() const {
  return resources::machine_size(config_.hypervisor, demands_.sum(), config::host_size());
}

Result<> Sizer::make_room(Guest guest, const std::string& container, const std::optional<Asked>& asked) {
  MutexLock lock(mutex_);
  count(container, asked);
  auto size = larger(size_, wanted_size());
  cgroups_.limit(asked_, size.memory_mib);
  return fit(guest, size).wrap(concat("making room for container ", container));
}

void Sizer::give_room_back(const Guest* guest, const std::string& container) {
  MutexLock lock(mutex_);
  demands_.erase(container);
  asked_.erase(container);
  if (guest == nullptr || guest->agent.lost()) return;
  auto done = fit(*guest, wanted_size());
  cgroups_.limit(asked_, size_.memory_mib);
  if (!done) log::warning("sandbox", "the machine keeps its size", {{"error", done.error().text()}});
}

Result<> Sizer::update(Guest guest, const std::string& container, grpc::LinuxResources resources,
                       const std::vector<grpc::LinuxDevice>& disks) {
  TRY(resources::check(resources));
  MutexLock lock(mutex_);
  std::optional<Asked> before;
  if (auto found = asked_.find(container); found != asked_.end()) before = found->second;
  if (before) count(container, Asked{resources::merged(before->resources, resources), before->in_pod});
  auto size = larger(size_, wanted_size());
  cgroups_.limit(asked_, size.memory_mib);
  auto done = fit(guest, size);
  constrain(resources, disks);
  if (done) done = guest.agent.update_container(container, resources);
  if (!done) {
    count(container, before);
    cgroups_.limit(asked_, size_.memory_mib);
    ignore(fit(guest, wanted_size()));  // the first error is the one to tell
    return done;
  }
  return fit(guest, wanted_size());
}

// A guest whose kernel takes no more processors shares those that it has; the containers' limits hold in its cgroups.
Result<> Sizer::use_in_guest(Guest guest, MachineSize& wanted) {
  auto online = guest.agent.set_online(wanted.vcpus, wanted.memory_mib == size_.memory_mib);
  if (!online && online.error().is(Code::kDeadlineExceeded) && wanted.vcpus > size_.vcpus) {
    log::warning("sandbox", "the guest takes no more processors and shares what it has",
                 {{"wanted", text_of(wanted)}, {"error", online.error().text()}});
    takes_processors_ = false;  // each further try would wait as long
    wanted.vcpus = size_.vcpus;
    online = {};
  }
  return std::move(online).wrap("using the machine's new processors and memory in the guest");
}

Result<> Sizer::fit(Guest guest, MachineSize wanted) {
  if (auto most = guest.vm.capabilities().most_vcpus; most > 0) wanted.vcpus = std::min(wanted.vcpus, most);
  if (!takes_processors_) wanted.vcpus = std::min(wanted.vcpus, size_.vcpus);
  if (config_.runtime.static_sandbox_resource_mgmt || same(wanted, size_)) return {};
  auto got = TRY(guest.vm.resize(wanted));
  TRY(use_in_guest(guest, wanted));
  if (got.memory_mib < wanted.memory_mib) got = TRY(guest.vm.resize(wanted));
  log::info("sandbox", "the machine was resized", {{"wanted", text_of(wanted)}, {"has", text_of(got)}});
  if (got.vcpus < wanted.vcpus || got.memory_mib + kBlockMib <= wanted.memory_mib) {
    return Error::make(Code::kResourceExhausted,
                       concat("the machine has ", text_of(got), ", but should have ", text_of(wanted)))
        .hint("use a guest kernel with CPU and memory hot-plug (enable_virtio_mem)");
  }
  size_ = wanted;
  cgroups_.place_processors(guest.vm);
  return {};
}

}  // namespace kata
