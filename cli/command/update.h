// update: change a container's limits.
#pragma once

#include <optional>
#include <string>

#include "cli/container/globals.h"
#include "lib/base/result.h"

namespace grpc {
class LinuxResources;
}

namespace kata::cli {

struct UpdateOptions {
  std::string id;
  std::string resources_file;  // "-": stdin. Instead of the flags below.
  std::optional<uint32_t> blkio_weight;
  std::optional<uint64_t> cpu_period;
  std::optional<int64_t> cpu_quota;
  std::optional<uint64_t> cpu_shares;
  std::optional<uint64_t> cpu_rt_period;
  std::optional<int64_t> cpu_rt_runtime;
  std::optional<std::string> cpuset_cpus;
  std::optional<std::string> cpuset_mems;
  std::optional<std::string> memory;  // bytes, or with a suffix: 512M
  std::optional<std::string> memory_reservation;
  std::optional<std::string> memory_swap;
  std::optional<std::string> kernel_memory;
  std::optional<std::string> kernel_memory_tcp;
  std::optional<int64_t> pids_limit;
  std::optional<std::string> l3_cache_schema;
};

Result<int> run_update(const Globals& globals, const UpdateOptions& options);

// The flags as the specification's resources.
Result<grpc::LinuxResources> resources_of(const UpdateOptions& options);

// "1073741824", "1G", "512m", "64KiB", "-1" (unlimited). Powers of 1024.
Result<int64_t> parse_bytes(const std::string& text);

}  // namespace kata::cli
