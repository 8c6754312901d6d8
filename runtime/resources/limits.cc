#include "runtime/resources/limits.h"

#include <algorithm>

#include "lib/text/number_list.h"

namespace kata::resources {

namespace {

constexpr uint64_t kDefaultPeriod = 100000;  // µs; the kernel's

// The OCI specification's own maximum is far below; a larger number is "no limit" written another way.
constexpr uint64_t kNoMemoryLimit = uint64_t{1} << 53U;

Limits make(int64_t quota, uint64_t period, int64_t memory) {
  Limits out;
  if (quota > 0) out.cpus = static_cast<double>(quota) / static_cast<double>(period > 0 ? period : kDefaultPeriod);
  if (memory > 0 && static_cast<uint64_t>(memory) < kNoMemoryLimit) out.memory = static_cast<uint64_t>(memory);
  return out;
}

}  // namespace

Limits limits_of(const grpc::LinuxResources& resources) {
  auto out = make(resources.cpu().quota(), resources.cpu().period(), resources.memory().limit());
  out.cpuset = parse_number_list(resources.cpu().cpus()).value_or(std::set<uint32_t>());
  return out;
}

namespace {

// A rate of 0 takes a limit away; what the update does not name stays.
template <typename Entries>
void merge_rates(Entries& old, const Entries& update) {
  for (const auto& one : update) {
    auto same = [&](const auto& entry) { return entry.major() == one.major() && entry.minor() == one.minor(); };
    auto found = std::find_if(old.begin(), old.end(), same);
    (found == old.end() ? *old.Add() : *found) = one;
  }
}

void merge_block_io(grpc::LinuxBlockIO& old, const grpc::LinuxBlockIO& update) {
  merge_rates(*old.mutable_throttlereadbpsdevice(), update.throttlereadbpsdevice());
  merge_rates(*old.mutable_throttlewritebpsdevice(), update.throttlewritebpsdevice());
  merge_rates(*old.mutable_throttlereadiopsdevice(), update.throttlereadiopsdevice());
  merge_rates(*old.mutable_throttlewriteiopsdevice(), update.throttlewriteiopsdevice());
}

}  // namespace

grpc::LinuxResources merged(grpc::LinuxResources old, const grpc::LinuxResources& update) {
  if (update.cpu().quota() != 0) old.mutable_cpu()->set_quota(update.cpu().quota());
  if (update.cpu().period() != 0) old.mutable_cpu()->set_period(update.cpu().period());
  if (update.cpu().shares() != 0) old.mutable_cpu()->set_shares(update.cpu().shares());
  if (!update.cpu().cpus().empty()) old.mutable_cpu()->set_cpus(update.cpu().cpus());
  if (!update.cpu().mems().empty()) old.mutable_cpu()->set_mems(update.cpu().mems());
  if (update.memory().limit() != 0) old.mutable_memory()->set_limit(update.memory().limit());
  if (update.has_blockio()) merge_block_io(*old.mutable_blockio(), update.blockio());
  return old;
}

Limits limits_of_pod(const oci::Annotations& annotations) {
  auto announced = oci::announced_resources(annotations);
  return make(announced.cpu_quota, announced.cpu_period, announced.memory);
}

void Demands::set_pod(const Limits& pod) {
  MutexLock lock(mutex_);
  pod_ = pod;
}

void Demands::set(const std::string& container, const Limits& limits) {
  MutexLock lock(mutex_);
  auto found = containers_.find(container);
  if (found != containers_.end()) {
    // The pod changes with its container, both ways.
    auto old = found->second;
    if (pod_.cpus && old.cpus && limits.cpus) pod_.cpus = std::max(0.0, *pod_.cpus + *limits.cpus - *old.cpus);
    if (pod_.memory && old.memory && limits.memory) {
      pod_.memory = *pod_.memory + *limits.memory - std::min(*old.memory, *pod_.memory + *limits.memory);
    }
  }
  containers_[container] = limits;
}

void Demands::erase(const std::string& container) {
  MutexLock lock(mutex_);
  containers_.erase(container);
}

Demand Demands::sum() const {
  MutexLock lock(mutex_);
  Demand out;
  std::set<uint32_t> bound;  // containers that are bound to the same processors share them
  for (const auto& [id, limits] : containers_) {
    out.cpus += limits.cpus.value_or(0);
    out.memory += limits.memory.value_or(0);
    out.default_cpus = out.default_cpus || (!limits.cpus && limits.cpuset.empty());
    out.default_memory = out.default_memory || !limits.memory;
    if (!limits.cpus) bound.insert(limits.cpuset.begin(), limits.cpuset.end());
  }
  out.cpus += static_cast<double>(bound.size());
  // Nobody is there yet, and nothing was announced.
  if (containers_.empty()) out.default_cpus = !pod_.cpus, out.default_memory = !pod_.memory;
  out.cpus = std::max(out.cpus, pod_.cpus.value_or(0));
  out.memory = std::max(out.memory, pod_.memory.value_or(0));
  return out;
}

}  // namespace kata::resources
