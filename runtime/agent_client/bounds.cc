#include "runtime/agent_client/bounds.h"

namespace kata {

namespace {

template <typename Item>
void cut(google::protobuf::RepeatedPtrField<Item>& list) {
  constexpr auto kMost = static_cast<int>(kMostItems);
  if (list.size() > kMost) list.DeleteSubrange(kMost, list.size() - kMost);
}

}  // namespace

void bound(grpc::StatsContainerResponse& stats) {
  auto& group = *stats.mutable_cgroup_stats();
  auto& processors = *group.mutable_cpu_stats()->mutable_cpu_usage()->mutable_percpu_usage();
  if (processors.size() > static_cast<int>(kMostItems)) processors.Truncate(static_cast<int>(kMostItems));
  auto& disks = *group.mutable_blkio_stats();
  for (auto* list : {disks.mutable_io_service_bytes_recursive(), disks.mutable_io_serviced_recursive(),
                     disks.mutable_io_queued_recursive(), disks.mutable_io_service_time_recursive(),
                     disks.mutable_io_wait_time_recursive(), disks.mutable_io_merged_recursive(),
                     disks.mutable_io_time_recursive(), disks.mutable_sectors_recursive()}) {
    cut(*list);
  }
  if (group.hugetlb_stats().size() > kMostItems) group.clear_hugetlb_stats();
  if (group.memory_stats().stats().size() > kMostItems) group.mutable_memory_stats()->clear_stats();
  cut(*stats.mutable_network_stats());
}

}  // namespace kata
