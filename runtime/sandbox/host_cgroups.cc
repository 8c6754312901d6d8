#include "runtime/sandbox/host_cgroups.h"

#include <algorithm>
#include <csignal>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/pod.h"
#include "runtime/resources/limits.h"

namespace kata {

namespace {

constexpr uint64_t kMib = 1U << 20U;

template <typename Entries>
std::vector<cgroup::DeviceValue> rates(const Entries& entries) {
  std::vector<cgroup::DeviceValue> out;
  for (const auto& entry : entries) out.push_back({{entry.major(), entry.minor()}, entry.rate()});
  return out;
}

// What the guest reads and writes reaches the host's devices through the VMM and virtio-fs' daemon.
void take_block_io(const grpc::LinuxBlockIO& from, cgroups::Limits& to) {
  to.read_bytes_per_second = rates(from.throttlereadbpsdevice());
  to.write_bytes_per_second = rates(from.throttlewritebpsdevice());
  to.reads_per_second = rates(from.throttlereadiopsdevice());
  to.writes_per_second = rates(from.throttlewriteiopsdevice());
}

void add_list(std::string& to, const std::string& list) {
  if (!list.empty()) to += (to.empty() ? "" : ",") + list;
}

}  // namespace

std::optional<Asked> asked_by(const Container& container, const grpc::Spec& spec) {
  if (container.holds_pod()) return {};
  return Asked{spec.linux().resources(), oci::is_pod(container.annotations)};
}

cgroups::Limits host_limits(const AskedByContainer& asked, const config::Config& config, uint64_t memory_mib) {
  cgroups::Limits out;
  bool all_cpus = false;
  bool all_mems = false;
  for (const auto& [id, container] : asked) {
    const auto& cpu = container.resources.cpu();
    all_cpus = all_cpus || cpu.cpus().empty();
    all_mems = all_mems || cpu.mems().empty();
    add_list(out.cpus, cpu.cpus());
    add_list(out.mems, cpu.mems());
    if (container.in_pod) continue;
    out.cpu_shares = cpu.shares();
    out.cpu_quota = cpu.quota();
    out.cpu_period = cpu.period();
    take_block_io(container.resources.blockio(), out);
    auto limits = resources::limits_of(container.resources);
    if (limits.cpus && config.runtime.sandbox_cgroup_only) {
      out.cpu_quota +=
          static_cast<int64_t>(config.hypervisor.overhead_vcpus * static_cast<double>(out.cpu_quota) / *limits.cpus);
    }
    if (limits.memory) {
      out.memory_limit = static_cast<int64_t>((memory_mib + config.hypervisor.driver->overhead_mib()) * kMib);
    }
  }
  if (all_cpus) out.cpus.clear();
  if (all_mems) out.mems.clear();
  return out;
}

Result<> HostCgroups::enter(const cgroups::Settings& settings, journal::Journal& journal) {
  cgroups_ = TRY_WRAP(cgroups::PodCgroups::enter(settings, journal), "the pod's cgroup on the host");
  return {};
}

void HostCgroups::leave() {
  if (cgroups_) cgroups_->leave();
}

void HostCgroups::settle(const std::vector<pid_t>& helpers, hypervisor::Vm& vm, uint64_t memory_mib) {
  limited_mib_ = memory_mib;
  if (!cgroups_ || config_.runtime.sandbox_cgroup_only) return;
  auto threads = vm.vcpu_threads();
  if (!threads) log::warning("sandbox", "the guest's processors have no cgroup", {{"why", threads.error().message()}});
  MutexLock lock(mutex_);
  cgroups_->settle(helpers, std::move(threads).value_or(std::vector<pid_t>()));
}

void HostCgroups::place_processors(hypervisor::Vm& vm) {
  if (!cgroups_ || config_.runtime.sandbox_cgroup_only) return;
  auto threads = vm.vcpu_threads();
  MutexLock lock(mutex_);
  if (threads) cgroups_->place_vcpus(*threads);
}

void HostCgroups::add(pid_t process) {
  MutexLock lock(mutex_);
  if (cgroups_) cgroups_->add(process);
}

void HostCgroups::count_oom_kill() {
  MutexLock lock(mutex_);
  if (cgroups_) cgroups_->count_oom_kill();
}

void HostCgroups::limit(const AskedByContainer& asked, uint64_t memory_mib) {
  MutexLock lock(mutex_);
  if (!cgroups_) return;
  limited_mib_ = std::max(limited_mib_.load(), memory_mib);
  cgroups_->limit(host_limits(asked, config_, limited_mib_));
}

// A machine that the host's OOM killer struck says only that it was killed. What else has died in the pod's cgroups (a
// hook) is no cause.
std::optional<Error> HostCgroups::explain(const Error& cause) const {
  if (cause.signal() != SIGKILL || !cgroups_) return {};
  auto oom = cgroups_->oom();
  if (!oom) return {};
  auto text = concat("the host's OOM killer ended the VM: ");
  if (oom->directory.empty()) {
    return Error::make(Code::kResourceExhausted,
                       concat(text, "the host is out of memory; the VM has ", limited_mib_.load(),
                              " MiB, besides what its VMM needs (", cause.message(), ")"))
        .hint("run fewer or smaller pods on this host");
  }
  return Error::make(Code::kResourceExhausted,
                     concat(text, oom->directory, "/", oom->file, " is ", oom->limit / kMib, " MiB; the VM needs ",
                            limited_mib_.load(), " MiB, besides what its VMM needs (", cause.message(),
                            "); raise the pod's limit, or its overhead in the RuntimeClass"));
}

}  // namespace kata
