// The pod's cgroups on the host, and what they say when it ends.
#include <signal.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/pod.h"
#include "runtime/sandbox/sandbox.h"

namespace kata {

namespace {

constexpr uint64_t kMib = 1U << 20U;
// What a machine costs beside its memory at the most. Measured without hardware virtualisation, whose translated code
// is the larger part (tb-size in hypervisor/qemu/arguments.cc): 70 MiB for QEMU 7.2 and 46 of its files, 20 for the
// shim and the daemon. With KVM QEMU has 13. A limit is there to catch what has gone astray, so it leaves room.
constexpr uint64_t kMachineMib = 256;

void add_list(std::string& to, const std::string& list) {
  if (!list.empty()) to += (to.empty() ? "" : ",") + list;
}

}  // namespace

Result<> Sandbox::enter_cgroups(const grpc::Spec& spec) {
  cgroups::Settings settings{.sandbox_id = options_.id, .cgroups_path = spec.linux().cgroupspath()};
  settings.systemd_by_default = options_.systemd_cgroup;
  settings.only = config_.runtime.sandbox_cgroup_only;
  settings.hierarchies = cgroups::find_hierarchies();
  cgroups_ = TRY_WRAP(cgroups::PodCgroups::enter(settings, *journal_), "the pod's cgroup on the host");
  mark("cgroupsReady");
  return {};
}

void Sandbox::settle_cgroups() {
  MutexLock fitting(fitting_);
  limited_mib_ = size_.memory_mib;
  if (config_.runtime.sandbox_cgroup_only) return;
  std::vector<pid_t> helpers;
  if (virtiofsd_) helpers.push_back(virtiofsd_->pid());
  auto threads = machine_->vm().vcpu_threads();
  if (!threads) log::warning("sandbox", "the guest's processors have no cgroup", {{"why", threads.error().message()}});
  cgroups_->settle(helpers, std::move(threads).value_or(std::vector<pid_t>()));
}

// The caller holds `fitting_`, here and below.
void Sandbox::place_processors() {
  if (!cgroups_ || config_.runtime.sandbox_cgroup_only) return;
  auto threads = machine_->vm().vcpu_threads();
  if (threads) cgroups_->place_vcpus(*threads);
}

// Upstream's rule: the engine limits a pod's own cgroup, and all that is ours to hold is which processors it may use. A
// single container has nobody above it who would limit it.
cgroups::Limits Sandbox::host_limits(uint64_t memory_mib) const {
  cgroups::Limits out;
  bool all_cpus = false;
  bool all_mems = false;
  MutexLock lock(mutex_);
  for (const auto& [id, container] : containers_) {
    bool pod = oci::is_pod(container->annotations);
    if (pod && container->owns_sandbox) continue;  // it only holds the pod
    const auto& cpu = container->resources.cpu();
    all_cpus = all_cpus || cpu.cpus().empty();
    all_mems = all_mems || cpu.mems().empty();
    add_list(out.cpus, cpu.cpus());
    add_list(out.mems, cpu.mems());
    if (pod) continue;
    out.cpu_shares = cpu.shares();
    out.cpu_quota = cpu.quota();
    out.cpu_period = cpu.period();
    auto limits = resources::limits_of(container->resources);
    if (limits.cpus && config_.runtime.sandbox_cgroup_only) {
      out.cpu_quota +=
          static_cast<int64_t>(config_.hypervisor.overhead_vcpus * static_cast<double>(out.cpu_quota) / *limits.cpus);
    }
    if (limits.memory) {
      out.memory_limit = static_cast<int64_t>((memory_mib + kMachineMib) * kMib);
    }
  }
  if (all_cpus) out.cpus.clear();
  if (all_mems) out.mems.clear();
  return out;
}

// Never less memory than before: what the guest did not give back would cost the machine its life.
void Sandbox::limit_on_host(uint64_t memory_mib) {
  if (!cgroups_) return;
  limited_mib_ = std::max(limited_mib_.load(), memory_mib);
  cgroups_->limit(host_limits(limited_mib_));
}

// A machine that the host's OOM killer struck says only that it was killed. What else has died in the pod's cgroups (a
// hook) is no cause.
Error Sandbox::explain_end(const Error& cause) {
  bool killed = cause.signal() == SIGKILL;
  auto oom = killed && cgroups_ ? cgroups_->oom() : std::nullopt;
  if (!oom) return cause;
  std::vector<std::string> struck;
  uint64_t memory_mib = limited_mib_;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, container] : containers_) {
      if (container->first && !std::holds_alternative<Stopped>(container->first->life())) struck.push_back(id);
    }
  }
  for (const auto& id : struck) tell_oom(id);
  auto text = concat("the host's OOM killer ended the VM: ");
  if (oom->directory.empty()) {
    return Error::make(Code::kResourceExhausted, concat(text, "the host is out of memory; the VM has ", memory_mib,
                                                        " MiB, besides what its VMM needs (", cause.message(), ")"))
        .hint("run fewer or smaller pods on this host");
  }
  return Error::make(Code::kResourceExhausted,
                     concat(text, oom->directory, "/", oom->file, " is ", oom->limit / kMib, " MiB; the VM needs ",
                            memory_mib, " MiB, besides what its VMM needs (", cause.message(),
                            "); raise the pod's limit, or its overhead in the RuntimeClass"));
}

}  // namespace kata
