// What containers and pods ask for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/base/mutex.h"
#include "lib/oci/pod.h"
#include "lib/proto/oci.pb.h"

namespace kata::resources {

// Nothing: no limit.
struct Limits {
  std::optional<double> cpus;
  std::optional<uint64_t> memory;  // bytes
  std::set<uint32_t> cpuset;       // the host's processors that it is bound to; they count when `cpus` is nothing
};
Limits limits_of(const grpc::LinuxResources& resources);

// The resources after an update that says only what changes (0: as it was, -1: no limit).
grpc::LinuxResources merged(grpc::LinuxResources old, const grpc::LinuxResources& update);

// The sum of all containers of a pod, as its manager announces it before the first of them is made. A number that
// cannot be read is no limit.
Limits limits_of_pod(const oci::Annotations& annotations);

// What a pod needs together.
struct Demand {
  double cpus = 0;
  uint64_t memory = 0;        // bytes
  bool default_cpus = false;  // somebody has no limit, and gets the default besides
  bool default_memory = false;
};

// The limits of a pod's containers as they come, change and go. Thread-safe.
class Demands {
 public:
  void set_pod(const Limits& pod);
  void set(const std::string& container, const Limits& limits);
  void erase(const std::string& container);
  // Never less than what the pod was announced with, but for what its containers' limits were lowered by since.
  Demand sum() const;

 private:
  mutable Mutex mutex_;
  Limits pod_ GUARDED_BY(mutex_);
  std::map<std::string, Limits> containers_ GUARDED_BY(mutex_);
};

}  // namespace kata::resources
